package dev.taskward.auth;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With scopes required, a token permits only what its scopes allow. */
@QuarkusTest
@TestProfile(ConfiguredClaimsTest.Configured.class)
class ScopeTest {

  @TestHTTPResource("/")
  URI base;

  @Test
  void readingAndWritingAreTwoScopes() {
    RequestSpecification reader = with("scope", "openid tasks:read");
    RequestSpecification writer = with("scope", "tasks:write profile");
    long id =
        User.withToken(token("scope", "tasks:write"))
            .contentType(ContentType.JSON)
            .body("{}")
            .post(User.TASKS)
            .then()
            .statusCode(201)
            .extract()
            .jsonPath()
            .getLong("id");

    reader.get(User.TASKS + "/" + id).then().statusCode(200);
    reader.head(User.TASKS + "/" + id).then().statusCode(200);
    refused("tasks:write", reader.delete(User.TASKS + "/" + id));
    refused("tasks:read", writer.get(User.TASKS));
    writer.delete(User.TASKS + "/" + id).then().statusCode(204);
  }

  /** The scope to write does not imply the one to erase, nor the other way round. */
  @Test
  void erasingIsAScopeOfItsOwn() throws IOException {
    for (String scopes : List.of("tasks:write", "tasks:read tasks:write", "x")) {
      for (String path :
          List.of(
              "/api/v1/me/erase",
              "/api/v1/me/erase/",
              "/api/me/erase",
              "/api/v1/me/erase;a=b",
              "/api/v1/me;a/erase",
              "/api/v1/me/%65rase",
              "/api/v1//me/erase",
              "/api/v1/me//erase",
              "/api/v1/me/./erase",
              "/x/../api/v1/me/erase")) {
        String answer =
            RawHttp.exchange(
                base,
                ("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 20\r\n"
                        + "Content-Type: application/json\r\nAuthorization: Bearer %s\r\n\r\n"
                        + "{\"confirm\": \"erase\"}")
                    .formatted(path, token("scope", scopes)));
        assertTrue(
            answer.startsWith("HTTP/1.1 403 ") && answer.contains("scope=\"tasks:erase\"")
                || answer.startsWith("HTTP/1.1 404 ")
                || answer.contains("scope=\"tasks:write\""),
            path + ": " + answer);
      }
    }
    refused("tasks:read", with("scope", "tasks:erase").get("/api/v1/me"));
    refused("tasks:write", with("scope", "tasks:erase").delete(User.TASKS + "?deleted=true"));
    with("scope", "tasks:erase")
        .contentType(ContentType.JSON)
        .body("{\"confirm\": \"erase\"}")
        .post("/api/v1/me/erase")
        .then()
        .statusCode(204);
  }

  @Test
  void manyAtOnceNeedTheScopesOfOne() {
    refused("tasks:write", with("scope", "tasks:read tasks:erase").post(User.TASKS + "/batch"));
    refused("tasks:write", with("scope", "tasks:read tasks:erase").post(User.TASKS + "/import"));
    refused("tasks:read", with("scope", "tasks:write tasks:erase").get(User.TASKS + "/export"));
    with("scope", "tasks:read").get(User.TASKS + "/export").then().statusCode(200);
  }

  @Test
  void aRefusedRequestCountsTowardsTheLimitOfTheUser() {
    with("scope", "x")
        .get(User.TASKS)
        .then()
        .statusCode(403)
        .header("RateLimit", matchesPattern("\"user\";r=\\d{1,3};t=\\d+"));
  }

  @Test
  void tokensOfTheDevSignInHaveAllScopes() {
    String token =
        RestAssured.given().formParam("username", "scoped").post("/dev/token").path("access_token");

    User.withToken(token).get(User.TASKS).then().statusCode(200);
    User.withToken(token)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201);
  }

  @Test
  void scopesMayBeInEitherClaimAsTextOrList() {
    for (Object scopes : List.of("tasks:read", "a tasks:read b", List.of("a", "tasks:read"))) {
      with("scope", scopes).get(User.TASKS).then().statusCode(200);
      with("scp", scopes).get(User.TASKS).then().statusCode(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "tasks", "tasks:readx", "xtasks:read", "TASKS:READ", "tasks:read,tasks:write"})
  void similarTextsAreNotTheScope(String scopes) {
    refused("tasks:read", with("scope", scopes).get(User.TASKS));
  }

  @Test
  void claimsOfOtherTypesHoldNoScope() {
    for (Object scopes : List.of(1, true, List.of(1), Map.of("tasks:read", true))) {
      refused("tasks:read", with("scope", scopes).get(User.TASKS));
    }
    refused("tasks:read", with("groups", List.of("tasks:read")).get(User.TASKS));
    refused("tasks:read", with("roles", List.of("tasks:read")).get(User.TASKS));
  }

  /** Without the scope, a request is refused before it is parsed. */
  @Test
  void theScopeIsCheckedFirst() {
    refused("tasks:read", with("scope", "x").get(User.TASKS + "?limit=x"));
    refused("tasks:write", with("scope", "x").body("{").post("/api/v1/nothing"));
  }

  /** No path and no method bypasses the scopes of a token. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/tasks",
        "/api/tasks",
        "//api/v1/tasks",
        "/api//v1/tasks",
        "/api/v1/tasks/",
        "/api/v1/tasks;x=y",
        "/api;x/v1/tasks",
        "/api/v1/%74asks",
        "/api%2Fv1/tasks",
        "/api/v1/tasks/%2e",
        "/q/../api/v1/tasks",
        "/q/%2e%2e/api/v1/tasks",
        "/q;/../api/v1/tasks",
        "/q/health/../../api/v1/tasks",
        "/x/../api/v1/tasks",
        "/API/v1/tasks"
      })
  void noSpellingOfARequestBypassesTheScope(String path) throws IOException {
    for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get")) {
      refused("tasks:write", raw(method, path, "tasks:read"));
    }
    for (String method : List.of("GET", "OPTIONS", "HEAD")) {
      refused("tasks:read", raw(method, path, "tasks:write"));
    }
  }

  private static void refused(String scope, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
    assertTrue(answer.contains("insufficient_scope\", scope=\"" + scope + "\""), answer);
  }

  private String raw(String method, String path, String scope) throws IOException {
    return RawHttp.exchange(
        base,
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n"
            .formatted(method, path, token("scope", scope)));
  }

  /** The stored response to a write is returned only to a token that may write. */
  @Test
  void aReplayNeedsTheScopeToo() {
    String key = UUID.randomUUID().toString();
    post(with("scope", "tasks:write"), key).then().statusCode(201);

    refused("tasks:write", post(with("scope", "tasks:read"), key));
    post(with("scope", "tasks:write tasks:read"), key)
        .then()
        .statusCode(201)
        .header("Idempotency-Replayed", equalTo("true"));
  }

  private static io.restassured.response.Response post(RequestSpecification request, String key) {
    return request
        .header("Idempotency-Key", key)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS);
  }

  @Test
  void withoutATokenItIsStill401() {
    RestAssured.get(User.TASKS)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo("Bearer"));
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(200);
  }

  /** A 403 for another reason has no challenge: another token would not help. */
  @Test
  void the403ForAnotherUsersTaskHasNoChallenge() {
    long id =
        User.withToken(token("scope", "tasks:write"))
            .contentType(ContentType.JSON)
            .body("{}")
            .post(User.TASKS)
            .jsonPath()
            .getLong("id");
    Map<String, Object> stranger = ConfiguredClaimsTest.claims("stranger");
    stranger.put("scope", "tasks:read");

    User.withToken(sign(stranger))
        .get(User.TASKS + "/" + id)
        .then()
        .statusCode(403)
        .header("WWW-Authenticate", nullValue());
  }

  private static void refused(String scope, io.restassured.response.Response response) {
    response
        .then()
        .statusCode(403)
        .contentType("application/problem+json")
        .header(
            "WWW-Authenticate",
            equalTo("Bearer error=\"insufficient_scope\", scope=\"" + scope + "\""))
        .body("detail", equalTo("The token lacks the scope " + scope + "."));
  }

  private static RequestSpecification with(String claim, Object value) {
    return RestAssured.given().header("Authorization", "Bearer " + token(claim, value));
  }

  private static String token(String claim, Object value) {
    Map<String, Object> claims = ConfiguredClaimsTest.claims("scoped");
    claims.put(claim, value);
    return sign(claims);
  }

  private static String sign(Map<String, Object> claims) {
    return Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);
  }
}
