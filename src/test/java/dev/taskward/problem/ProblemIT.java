package dev.taskward.problem;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class ProblemIT extends ProblemTest {}
