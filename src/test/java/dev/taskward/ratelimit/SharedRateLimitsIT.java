package dev.taskward.ratelimit;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(SharedRateLimitsContract.Shared.class)
class SharedRateLimitsIT extends SharedRateLimitsContract {}
