package dev.taskward.proxy;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(TrustedProxyTest.Behind.class)
class TrustedProxyIT extends TrustedProxyTest {}
