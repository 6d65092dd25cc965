package dev.taskward.protocol;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class RawHttpIT extends RawHttpTest {}
