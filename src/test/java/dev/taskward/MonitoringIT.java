package dev.taskward;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class MonitoringIT extends MonitoringTest {}
