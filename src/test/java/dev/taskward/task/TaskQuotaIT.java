package dev.taskward.task;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(TaskQuotaTest.Five.class)
class TaskQuotaIT extends TaskQuotaTest {}
