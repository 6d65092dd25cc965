package dev.taskward.task;

import dev.taskward.SmallLimits;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(SmallLimits.class)
class TaskStreamLimitIT extends TaskStreamLimitContract {}
