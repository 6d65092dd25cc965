package dev.taskward.mcp;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.Tokens;
import dev.taskward.User;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * An agent that acts for a user.
 *
 * @param scopes of its token
 */
public record Agent(User user, String scopes) {

  /** For a user that no other test has. */
  public static Agent fresh() {
    return new Agent(User.fresh(), "tasks:read tasks:write");
  }

  public String token() {
    Map<String, Object> claims = Tokens.claims(user.name());
    claims.put("iss", Agents.ISSUER);
    claims.put("aud", "taskward");
    claims.put("scope", scopes);
    return Tokens.sign(Map.of("alg", "HS256", "typ", "JWT"), claims, "HmacSHA256", Tokens.SECRET);
  }

  public RequestSpecification request() {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token())
        .header("Accept", "application/json, text/event-stream");
  }

  /** Sends this text as a message. */
  public ValidatableResponse send(String message) {
    return request().contentType("application/json").body(message).post("/mcp").then();
  }

  public ValidatableResponse send(String method, Object params) {
    return send(
        new JsonObject(Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", params))
            .encode());
  }

  private JsonObject result(String tool, Map<String, ?> arguments) {
    return new JsonObject(
            send("tools/call", Map.of("name", tool, "arguments", arguments))
                .statusCode(200)
                .contentType("application/json")
                .body("id", equalTo(1))
                .extract()
                .asString())
        .getJsonObject("result");
  }

  /** Calls a tool, which must succeed, and returns its structured content. */
  public JsonObject call(String tool, Map<String, ?> arguments) {
    JsonObject result = result(tool, arguments);
    assertEquals(false, result.getBoolean("isError"), result.encode());
    JsonObject content = result.getJsonObject("structuredContent");
    assertEquals(content, Json.decodeValue(text(result)), "the text is the same JSON");
    return content;
  }

  /** Calls a tool, which must fail, and returns the text for the model. */
  public String fail(String tool, Map<String, ?> arguments) {
    JsonObject result = result(tool, arguments);
    assertEquals(true, result.getBoolean("isError"), result.encode());
    assertEquals(null, result.getValue("structuredContent"));
    return text(result);
  }

  private static String text(JsonObject result) {
    JsonArray content = result.getJsonArray("content");
    assertEquals(1, content.size());
    assertEquals("text", content.getJsonObject(0).getString("type"));
    return content.getJsonObject(0).getString("text");
  }

  /** Adds tasks with these titles and returns their ids. */
  public List<Long> has(String... titles) {
    List<Map<String, String>> tasks =
        List.of(titles).stream().map(title -> Map.of("title", title)).toList();
    return ids(call("add_tasks", Map.of("tasks", tasks)));
  }

  public List<JsonObject> find(Map<String, ?> arguments) {
    return tasks(call("find_tasks", arguments));
  }

  public static List<JsonObject> tasks(JsonObject content) {
    return content.getJsonArray("tasks").stream().map(JsonObject.class::cast).toList();
  }

  public static List<Long> ids(JsonObject content) {
    return tasks(content).stream().map(task -> task.getLong("id")).toList();
  }

  public static List<String> titles(List<JsonObject> tasks) {
    return tasks.stream().map(task -> task.getString("title")).toList();
  }
}
