package dev.taskward.pipeline;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class ResponseHeadersIT extends ResponseHeadersTest {}
