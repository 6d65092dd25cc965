package dev.taskward.proxy;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
@TestProfile(TrustedProxyContract.Behind.class)
class TrustedProxyIT extends TrustedProxyContract {}
