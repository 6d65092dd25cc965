package dev.taskward.ratelimit;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(SharedRateLimitsTest.Shared.class)
class SharedRateLimitsIT extends SharedRateLimitsTest {}
