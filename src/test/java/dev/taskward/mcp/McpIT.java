package dev.taskward.mcp;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class McpIT extends McpContract {}
