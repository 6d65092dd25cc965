package dev.taskward.ratelimit;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(RateLimitsTest.Limited.class)
class RateLimitsIT extends RateLimitsTest {}
