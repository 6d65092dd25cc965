package dev.taskward.auth;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class TokenIT extends TokenTest {}
