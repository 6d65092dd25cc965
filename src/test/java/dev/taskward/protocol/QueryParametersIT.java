package dev.taskward.protocol;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class QueryParametersIT extends QueryParametersContract {}
