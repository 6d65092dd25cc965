package dev.taskward.auth;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import dev.taskward.Tokens;
import dev.taskward.User;
import dev.taskward.mcp.Agent;
import dev.taskward.mcp.Agents;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import org.junit.jupiter.api.Test;

/** Metadata says where tokens come from (RFC 9728), and challenges say where the metadata is. */
@QuarkusTest
@TestProfile(Agents.class)
class ProtectedResourceContract {

  private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

  /** The public URL has a path, which comes after the well-known one (RFC 9728, 3.1). */
  private static final String METADATA = WELL_KNOWN + "/tasks-api";

  final Agent alice = Agent.fresh();

  @Test
  void metadataNeedsNoToken() {
    RestAssured.get(METADATA)
        .then()
        .statusCode(200)
        .contentType("application/json")
        .body("resource", equalTo(Agents.PUBLIC_URL))
        .body("authorization_servers", contains(Agents.ISSUER))
        .body("scopes_supported", contains("tasks:erase", "tasks:read", "tasks:write"))
        .body("bearer_methods_supported", contains("header"))
        .body("resource_name", equalTo("Taskward"))
        .body("resource_documentation", equalTo(Agents.PUBLIC_URL + "/q/swagger-ui"));
    RestAssured.get(METADATA + "/mcp")
        .then()
        .statusCode(200)
        .body("resource", equalTo(Agents.PUBLIC_URL + "/mcp"))
        .body("scopes_supported", contains("tasks:read", "tasks:write"));
    RestAssured.head(METADATA).then().statusCode(200).contentType("application/json");
  }

  @Test
  void noHeaderOfTheRequestChangesAUrl() {
    RestAssured.given()
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "http")
        .header("Forwarded", "host=evil.example")
        .get(METADATA + "/mcp")
        .then()
        .statusCode(200)
        .body("resource", equalTo(Agents.PUBLIC_URL + "/mcp"));
    RestAssured.given()
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .get(User.TASKS)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:read\"", "")));
  }

  @Test
  void otherPathsAndMethodsAreRefused() {
    RestAssured.get(WELL_KNOWN).then().statusCode(404);
    RestAssured.get(METADATA + "/x").then().statusCode(404);
    RestAssured.get("/.well-known/oauth-authorization-server").then().statusCode(401);
    RestAssured.post(METADATA).then().statusCode(405).header("Allow", equalTo("GET, HEAD"));
    RestAssured.delete(METADATA).then().statusCode(405);
  }

  @Test
  void every401NamesMetadataAndScopes() {
    RestAssured.get(User.TASKS)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:read\"", "")));
    RestAssured.post(User.TASKS)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:write\"", "")));
    RestAssured.post("/api/v1/me/erase")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:erase\"", "")));
    RestAssured.post("/mcp")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:read tasks:write\"", "/mcp")));
    RestAssured.given()
        .header("Authorization", "Bearer " + Tokens.token("without an audience"))
        .post("/mcp/")
        .then()
        .statusCode(401)
        .header(
            "WWW-Authenticate",
            equalTo(
                challenge("error=\"invalid_token\", scope=\"tasks:read tasks:write\"", "/mcp")));
    RestAssured.get("/nothing")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo(challenge("scope=\"tasks:read\"", "")));
  }

  @Test
  void a403ForAScopeNamesMetadata() {
    new Agent(alice.user(), "tasks:read")
        .request()
        .post(User.TASKS)
        .then()
        .statusCode(403)
        .header(
            "WWW-Authenticate",
            equalTo(challenge("error=\"insufficient_scope\", scope=\"tasks:write\"", "")));
    long id = alice.has("mine").get(0);
    Agent.fresh()
        .request()
        .get(User.TASKS + "/" + id)
        .then()
        .statusCode(403)
        .header("WWW-Authenticate", nullValue());
  }

  private static String challenge(String parameters, String path) {
    return "Bearer %s, resource_metadata=\"https://example.com%s%s\""
        .formatted(parameters, METADATA, path);
  }
}
