package dev.taskward.task;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class TaskTrashIT extends TaskTrashTest {}
