package dev.taskward.problem;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class InvalidInputIT extends InvalidInputContract {}
