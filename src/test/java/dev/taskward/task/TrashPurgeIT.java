package dev.taskward.task;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(TrashPurgeTest.Often.class)
class TrashPurgeIT extends TrashPurgeTest {}
