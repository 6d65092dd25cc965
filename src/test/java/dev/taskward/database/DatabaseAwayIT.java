package dev.taskward.database;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class DatabaseAwayIT extends DatabaseAwayTest {}
