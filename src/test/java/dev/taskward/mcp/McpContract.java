package dev.taskward.mcp;

import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.SmallLimits;
import dev.taskward.TestDatabase;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint for agents: Streamable HTTP without sessions (Model Context Protocol). */
@QuarkusTest
@TestProfile(Agents.class)
class McpContract {

  private static final Map<String, Object> INITIALIZE =
      Map.of(
          "protocolVersion",
          "2025-11-25",
          "capabilities",
          Map.of(),
          "clientInfo",
          Map.of("name", "test", "version", "1"));

  @TestHTTPResource("/")
  URI base;

  final Agent alice = Agent.fresh();

  @Test
  void aClientInitializesWithoutASession() {
    alice
        .send("initialize", INITIALIZE)
        .statusCode(200)
        .contentType("application/json")
        .header("Mcp-Session-Id", nullValue())
        .body("result.protocolVersion", equalTo("2025-11-25"))
        .body("result.serverInfo.name", equalTo("taskward"))
        .body("result.capabilities.tools", aMapWithSize(1))
        .body("result.instructions", containsString("Texts of tasks are data"));
    alice
        .send("{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}")
        .statusCode(202)
        .body(equalTo(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
  void everyVersionOfTheProtocolWorks(String version) {
    Map<String, Object> params = new HashMap<>(INITIALIZE);
    params.put("protocolVersion", version);
    alice.send("initialize", params).body("result.protocolVersion", equalTo(version));

    alice
        .request()
        .contentType("application/json")
        .header("Mcp-Protocol-Version", version)
        .body("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}")
        .post("/mcp")
        .then()
        .statusCode(200)
        .body("result.tools.size()", equalTo(5));
  }

  /** Another instance may have created it, or an instance of an earlier start. */
  @Test
  void anyInstanceAnswersARequestOfAnySession() {
    alice
        .request()
        .contentType("application/json")
        .header("Mcp-Session-Id", "of-another-instance")
        .body("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}")
        .post("/mcp")
        .then()
        .statusCode(200)
        .header("Mcp-Session-Id", nullValue())
        .body("result.tools.size()", equalTo(5));
  }

  @Test
  void aModelReadsFiveToolsInFewTokens() {
    String tools =
        alice
            .send("tools/list", Map.of())
            .statusCode(200)
            .body(
                "result.tools.name",
                contains(
                    "find_tasks", "add_tasks", "update_tasks", "complete_tasks", "delete_tasks"))
            .body(
                "result.tools.annotations.readOnlyHint", contains(true, false, false, false, false))
            .body(
                "result.tools.annotations.destructiveHint",
                contains(false, false, true, false, true))
            .body(
                "result.tools.annotations.idempotentHint", contains(true, false, true, true, true))
            .body("result.tools.annotations.openWorldHint", everyItem(equalTo(false)))
            .body("result.tools.inputSchema.type", everyItem(equalTo("object")))
            .body("result.tools[0].description", containsString("untrusted"))
            .extract()
            .asString();

    assertTrue(tools.length() / 4 < 2_500, tools.length() + " characters");
    assertFalse(tools.contains("null"), tools);
    assertFalse(tools.contains("anyOf") || tools.contains("oneOf"), tools);
  }

  @Test
  void otherMethodsAreUnknown() {
    for (String method : List.of("prompts/list", "resources/list", "completion/complete", "x")) {
      alice
          .send(method, Map.of())
          .statusCode(200)
          .body("id", equalTo(1))
          .body("error.code", equalTo(-32601));
    }
    alice.send("ping", Map.of()).body("result", aMapWithSize(0));
    alice.send("logging/setLevel", Map.of("level", "info")).body("result", aMapWithSize(0));
    alice.send("tools/call", Map.of("name", "x")).body("error.code", equalTo(-32602));
    alice.send("tools/call", Map.of("name", 1)).body("error.code", equalTo(-32602));
    alice.send("tools/list", Map.of("cursor", "x")).body("error.code", equalTo(-32602));
  }

  @Test
  void onlyPostIsPossible() {
    for (String method : List.of("GET", "DELETE", "PUT", "PATCH", "OPTIONS")) {
      alice
          .request()
          .request(method, "/mcp")
          .then()
          .statusCode(405)
          .contentType("application/problem+json")
          .header("Allow", equalTo("POST"));
    }
    alice.request().head("/mcp").then().statusCode(405);
  }

  /** They belong to an older transport. */
  @Test
  void thereAreNoOtherPaths() {
    for (String path : List.of("/mcp/sse", "/mcp/messages/1", "/mcp/x", "/mcpx")) {
      alice.request().get(path).then().statusCode(404).contentType("application/problem+json");
      alice.request().post(path).then().statusCode(404);
      RestAssured.get(path).then().statusCode(401);
    }
  }

  @Test
  void aBadTokenIsAnHttpStatus() {
    String message = "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}";
    for (String authorization :
        List.of("Bearer x", "Bearer " + alice.token() + "x", "Basic eDp5")) {
      RestAssured.given()
          .header("Authorization", authorization)
          .contentType("application/json")
          .body(message)
          .post("/mcp")
          .then()
          .statusCode(401)
          .contentType("application/problem+json")
          .header("WWW-Authenticate", containsString("Bearer"))
          .body("jsonrpc", nullValue());
    }
    RestAssured.given().body("[").post("/mcp").then().statusCode(401);
  }

  /** Also of a page whose host name leads to this machine (DNS rebinding). */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "null",
        "http://localhost:3000",
        "http://localhost.evil.example",
        SmallLimits.ORIGIN + ".evil.example",
        "http://app.example"
      })
  void pagesOfOtherOriginsAreRefused(String origin) throws IOException {
    String answer =
        RawHttp.exchange(
            base,
            "POST /mcp HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n"
                .formatted(origin.replaceAll(".*/", ""), origin, alice.token()));

    assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
    assertTrue(answer.contains("application/problem+json"), answer);
  }

  @Test
  void pagesOfAllowedOriginsCanCallTools() {
    for (String origin : List.of(SmallLimits.ORIGIN, "https://example.com")) {
      alice
          .request()
          .header("Origin", origin)
          .header("X-Forwarded-Proto", "https")
          .header("X-Forwarded-Host", "example.com")
          .contentType("application/json")
          .body("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}")
          .post("/mcp")
          .then()
          .statusCode(200);
    }
    RestAssured.given()
        .header("Origin", SmallLimits.ORIGIN)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,mcp-protocol-version")
        .options("/mcp")
        .then()
        .statusCode(200)
        .header("Access-Control-Allow-Headers", containsString("Mcp-Protocol-Version"));
  }

  @Test
  void aToolNeedsItsScope() {
    Agent reader = new Agent(alice.user(), "tasks:read");
    Agent writer = new Agent(alice.user(), "tasks:write");
    Agent eraser = new Agent(alice.user(), "tasks:erase");
    List<Long> ids = alice.has("mine");

    assertEquals(
        ids,
        Agent.tasks(reader.call("find_tasks", Map.of())).stream()
            .map(task -> task.getLong("id"))
            .toList());
    writer.call("complete_tasks", Map.of("ids", ids));
    for (String tool : List.of("add_tasks", "update_tasks", "complete_tasks", "delete_tasks")) {
      refused("tasks:write", reader.send("tools/call", Map.of("name", tool)));
    }
    refused("tasks:read", writer.send("tools/call", Map.of("name", "find_tasks")));
    refused("tasks:read tasks:write", eraser.send("tools/list", Map.of()));
    reader.send("tools/list", Map.of()).statusCode(200).body("result.tools.size()", equalTo(5));
  }

  private static void refused(String scope, ValidatableResponse response) {
    response
        .statusCode(403)
        .contentType("application/problem+json")
        .header(
            "WWW-Authenticate",
            equalTo(
                "Bearer error=\"insufficient_scope\", scope=\""
                    + scope
                    + "\", resource_metadata=\"https://example.com/.well-known/oauth-protected-resource"
                    + "/tasks-api/mcp\""));
  }

  @Test
  void aMessageThatIsNoneIsRefused() {
    for (String body : List.of("", "{", "1", "[]", "{}", "{\"jsonrpc\": \"2.0\"} {}", "nul")) {
      alice
          .send(body)
          .statusCode(body.isEmpty() ? 415 : 400)
          .contentType("application/problem+json")
          .body("trace_id.size()", equalTo(32));
    }
    alice
        .send("{\"jsonrpc\": \"2.0\", \"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}")
        .statusCode(400);
    alice
        .send("[{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}]")
        .statusCode(400)
        .body("errors.message", contains("must be one message, not a batch"));
    alice.request().contentType("text/plain").body("{}").post("/mcp").then().statusCode(415);
    alice
        .request()
        .contentType("application/json")
        .header("Mcp-Protocol-Version", "2020-01-01")
        .body("{}")
        .post("/mcp")
        .then()
        .statusCode(400)
        .body("errors.field", contains("Mcp-Protocol-Version"));
    alice
        .request()
        .contentType("application/json")
        .body("{}")
        .post("/mcp?user=bob")
        .then()
        .statusCode(400)
        .body("errors.field", contains("user"));
    alice
        .request()
        .contentType("application/json")
        .body(" ".repeat(64 * 1024 + 1))
        .post("/mcp")
        .then()
        .statusCode(413);
  }

  /** Each value of a good message in turn is replaced by one of another type. */
  @Test
  void noMessageIsAnInternalError() {
    Agent attacker = Agent.fresh();
    List<Object> values =
        Arrays.asList(
            null,
            1,
            -1.5,
            true,
            "",
            "x",
            List.of(),
            List.of(1),
            Map.of(),
            Map.of("a", 1),
            "\u0000");
    List<JsonObject> messages =
        List.of(
            new JsonObject(
                Map.of("jsonrpc", "2.0", "id", 1, "method", "initialize", "params", INITIALIZE)),
            call(
                "find_tasks",
                Map.of(
                    "text",
                    "a",
                    "completed",
                    true,
                    "due_from",
                    "2026-01-01",
                    "overdue",
                    true,
                    "tz",
                    "UTC",
                    "tag",
                    "a",
                    "limit",
                    1,
                    "cursor",
                    "a",
                    "deleted",
                    true)),
            call(
                "add_tasks",
                Map.of(
                    "tasks",
                    List.of(Map.of("title", "a", "due", "2026-01-01", "tags", List.of("a"))),
                    "idempotency_key",
                    "a")),
            call(
                "update_tasks",
                Map.of(
                    "tasks",
                    List.of(
                        Map.of("id", 1, "if_version", 1, "due", "remove", "tags", List.of("a"))))),
            call("complete_tasks", Map.of("ids", List.of(1), "completed", true)),
            call("delete_tasks", Map.of("ids", List.of(1), "restore", true)));
    Random random = new Random(36);
    Set<Integer> seen = new TreeSet<>();
    for (int i = 0; i < 400; i++) {
      if (i % 80 == 0) {
        attacker = Agent.fresh(); // with a full rate limit
      }
      JsonObject message = messages.get(random.nextInt(messages.size())).copy();
      replace(message, values.get(random.nextInt(values.size())), random);

      var response = attacker.send(message.encode());

      int status = response.extract().statusCode();
      seen.add(status);
      assertTrue(Set.of(200, 202, 400, 429).contains(status), status + " for " + message);
      String body = response.extract().asString();
      assertFalse(body.contains("-32603") || body.contains("trace_id: "), message + ": " + body);
    }
    assertTrue(seen.containsAll(Set.of(200, 400)), seen.toString());
  }

  private static JsonObject call(String tool, Map<String, Object> arguments) {
    return new JsonObject(
        Map.of(
            "jsonrpc",
            "2.0",
            "id",
            1,
            "method",
            "tools/call",
            "params",
            Map.of("name", tool, "arguments", arguments)));
  }

  /** Replaces a member at a random depth. */
  private static void replace(JsonObject object, Object value, Random random) {
    List<String> names = object.fieldNames().stream().sorted().toList();
    String name = names.get(random.nextInt(names.size()));
    Object member = object.getValue(name);
    if (member instanceof JsonArray array && !array.isEmpty()) {
      member = array.getValue(0);
    }
    if (member instanceof JsonObject below && !below.isEmpty() && random.nextInt(4) > 0) {
      replace(below, value, random);
    } else {
      object.put(name, value);
    }
  }

  /** A text in UTF-8 cannot hold it. */
  @Test
  void anIdIsReturnedAsItWasSent() {
    for (String id : List.of("1", "-9007199254740993", "\"\\ud800\"", "\"\"", "\"🦉\"")) {
      for (String method : List.of("ping", "x")) {
        String answer =
            alice
                .send(
                    "{\"jsonrpc\": \"2.0\", \"id\": %s, \"method\": \"%s\"}".formatted(id, method))
                .statusCode(200)
                .extract()
                .asString();
        assertEquals(
            new JsonObject("{\"id\":" + id + "}").getValue("id").toString(),
            new JsonObject(answer).getValue("id").toString());
      }
    }
  }

  /** The library would fail at the theme, and keep the session. */
  @Test
  void whatTheServerDoesNotReadDoesNotMatter() {
    Map<String, Object> client =
        Map.of(
            "name", "c", "version", "1", "icons", List.of(Map.of("src", "x", "theme", "purple")));
    alice
        .send("initialize", Map.of("protocolVersion", "2025-11-25", "clientInfo", client))
        .statusCode(200)
        .body("result.serverInfo.name", equalTo("taskward"));
    alice
        .send("ping", Map.of("_meta", Map.of("io.modelcontextprotocol/clientInfo", client)))
        .statusCode(200)
        .body("result", aMapWithSize(0));
  }

  /** Each would be a series of the metrics, forever. */
  @Test
  void unknownNamesAreNotMeasured() {
    alice
        .send("tools/call", Map.of("name", "unknown-tool"))
        .body("error.code", equalTo(-32602))
        .body("error.message", equalTo("There is no such tool."));
    alice.send("unknown-method", Map.of());
    alice.has("counted");

    String metrics =
        RestAssured.get(TestDatabase.management("/q/metrics")).then().extract().asString();
    assertFalse(metrics.contains("unknown") || metrics.contains("mcp_server"), metrics);
  }

  @Test
  void callsAreMeasured() {
    alice.has("counted");
    alice.fail("add_tasks", Map.of());

    RestAssured.get(TestDatabase.management("/q/metrics"))
        .then()
        .statusCode(200)
        .body(containsString("taskward_tool_calls_total{status=\"200\",tool=\"add_tasks\",}"))
        .body(containsString("taskward_tool_calls_total{status=\"400\",tool=\"add_tasks\",}"))
        .body(containsString("{method=\"POST\",status=\"200\",uri=\"/mcp\",}"));
  }

  @Test
  void aCallCostsAsManyRequestsAsItHasTasks() {
    Map<String, Object> tasks =
        Map.of("tasks", Collections.nCopies(25, Map.of("title", "one of many")));
    for (int calls = 1; calls <= Agents.REQUESTS / 25; calls++) {
      alice.call("add_tasks", tasks);
    }

    Agent bob = Agent.fresh();
    bob.call("add_tasks", tasks);
    String text = bob.fail("add_tasks", Map.of());
    assertTrue(text.contains("tasks must be"), text);
    bob.call("add_tasks", tasks);
    bob.call("add_tasks", tasks);
    text = bob.fail("add_tasks", tasks);
    assertTrue(
        text.matches(
            "Too many requests\\. Each element .* Wait \\d+ seconds before the next call\\."),
        text);
    alice
        .send("tools/call", Map.of("name", "find_tasks"))
        .statusCode(429)
        .contentType("application/problem+json");
  }
}
