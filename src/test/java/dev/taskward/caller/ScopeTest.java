package dev.taskward.caller;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With scopes required, a token is good for what it was given for. */
@QuarkusTest
@TestProfile(ScopeTest.Required.class)
class ScopeTest {

  public static class Required implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("taskward.scopes.required", "true");
    }
  }

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

  @Test
  void theyMayStandInEitherClaimAsTextOrList() {
    for (Object scopes : List.of("tasks:read", "a tasks:read b", List.of("a", "tasks:read"))) {
      with("scope", scopes).get(User.TASKS).then().statusCode(200);
      with("scp", scopes).get(User.TASKS).then().statusCode(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "tasks", "tasks:readx", "xtasks:read", "TASKS:READ", "tasks:read,tasks:write"})
  void nothingElseIsTheScope(String scopes) {
    refused("tasks:read", with("scope", scopes).get(User.TASKS));
  }

  @Test
  void claimsOfNoKnownTypeHoldNoScope() {
    for (Object scopes : List.of(1, true, List.of(1), Map.of("tasks:read", true))) {
      refused("tasks:read", with("scope", scopes).get(User.TASKS));
    }
    refused("tasks:read", with("groups", List.of("tasks:read")).get(User.TASKS));
    refused("tasks:read", with("roles", List.of("tasks:read")).get(User.TASKS));
  }

  /** What the token is not good for is refused before the request is looked at. */
  @Test
  void nothingIsLookedAtBeforeTheScope() {
    refused("tasks:read", with("scope", "x").get(User.TASKS + "?limit=x"));
    refused("tasks:write", with("scope", "x").body("{").post("/api/v1/nothing"));
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
  void anotherUsersTaskIsNoMatterOfScope() {
    long id =
        User.withToken(token("scope", "tasks:write"))
            .contentType(ContentType.JSON)
            .body("{}")
            .post(User.TASKS)
            .jsonPath()
            .getLong("id");
    Map<String, Object> stranger = Tokens.claims("stranger");
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
    Map<String, Object> claims = Tokens.claims("scoped");
    claims.put(claim, value);
    return sign(claims);
  }

  private static String sign(Map<String, Object> claims) {
    return Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);
  }
}
