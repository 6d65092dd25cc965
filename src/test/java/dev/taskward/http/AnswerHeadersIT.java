package dev.taskward.http;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class AnswerHeadersIT extends AnswerHeadersTest {}
