package dev.taskward.auth;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class ProtectedResourceIT extends ProtectedResourceContract {}
