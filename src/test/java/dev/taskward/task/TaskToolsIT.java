package dev.taskward.task;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class TaskToolsIT extends TaskToolsContract {}
