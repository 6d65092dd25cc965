package dev.taskward.protocol;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(CorsTest.TwoOrigins.class)
class CorsIT extends CorsTest {}
