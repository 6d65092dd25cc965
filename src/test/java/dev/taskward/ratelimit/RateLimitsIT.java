package dev.taskward.ratelimit;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(RateLimitsContract.Limited.class)
class RateLimitsIT extends RateLimitsContract {}
