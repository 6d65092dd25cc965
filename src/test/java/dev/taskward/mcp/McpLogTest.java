package dev.taskward.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ServiceLog;
import io.quarkiverse.mcp.server.runtime.ConnectionManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

/** What an operator sees of agents, and what stays in memory. */
@QuarkusTest
@TestProfile(Agents.class)
class McpLogTest {

  private static final String TRACE = UUID.randomUUID().toString().replace("-", "");

  @Inject ConnectionManager sessions;

  final Agent alice = Agent.fresh();
  final Agent bob = Agent.fresh();

  private static String call(String tool, String arguments) {
    return "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"%s\", \"arguments\": %s}}"
        .formatted(tool, arguments);
  }

  private void send(Agent agent, String message) {
    agent
        .request()
        .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
        .contentType("application/json")
        .body(message)
        .post("/mcp");
  }

  @Test
  void aCallOnAnotherUsersTaskIsInTheSecurityLog() {
    long id = alice.has("mine").get(0);
    try (ServiceLog log = new ServiceLog()) {
      send(bob, call("delete_tasks", "{\"ids\": [" + id + "]}"));

      ExtLogRecord line = log.take(TRACE);
      assertEquals("dev.taskward.security", line.getLoggerName());
      assertEquals("foreign_resource", line.getMdc("event"));
      assertEquals(bob.user().name(), line.getMdc("subject"));
      assertEquals("/mcp", line.getMdc("path"));
    }
  }

  @Test
  void aMissingScopeIsInTheSecurityLog() {
    try (ServiceLog log = new ServiceLog()) {
      send(new Agent(alice.user(), "tasks:read"), call("add_tasks", "{}"));

      ExtLogRecord line = log.take(TRACE);
      assertEquals("scope_missing", line.getMdc("event"));
      assertEquals("tasks:write", line.getMdc("reason"));
    }
  }

  /** A failed call has a line with the trace id, and no line has a text of the client. */
  @Test
  void noTextOfAClientIsLogged() {
    try (ServiceLog log = ServiceLog.ofAll()) {
      send(alice, call("add_tasks", "{\"tasks\": [{\"title\": \"hush\", \"due\": \"hush\"}]}"));
      send(alice, call("hush", "{}"));
      send(alice, "{\"jsonrpc\": \"2.0\", \"id\": \"hush\", \"method\": \"hush\"}");
      send(alice, "{\"hush\"");
      send(alice, call("find_tasks", "{\"hush\": \"hush\"}"));
      alice.request().header("Mcp-Session-Id", "hush").delete("/mcp");

      List<ExtLogRecord> lines = List.copyOf(log.lines());
      assertEquals(
          3,
          lines.stream()
              .filter(line -> "400 POST /mcp".equals(line.getFormattedMessage()))
              .count());
      for (ExtLogRecord line : lines) {
        assertFalse(line.getFormattedMessage().contains("hush"), line.getFormattedMessage());
        assertTrue(line.getLevel().intValue() < Level.WARN.intValue(), line.getFormattedMessage());
      }
    }
  }

  @Test
  void noSessionStaysInMemory() {
    for (int i = 0; i < 20; i++) {
      alice.send(
          "initialize",
          Map.of(
              "protocolVersion",
              "2025-11-25",
              "clientInfo",
              Map.of("name", "c", "version", "1"),
              "capabilities",
              Map.of("large", "x".repeat(10_000))));
      alice.send("tools/list", Map.of());
      alice.send("prompts/list", Map.of());
    }

    assertFalse(sessions.iterator().hasNext());
  }
}
