package dev.taskward.auth;

import static org.hamcrest.Matchers.contains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.taskward.ServiceLog;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** With a configured issuer, audiences, subject claim, clock skew and maximum age of tokens. */
@QuarkusTest
@TestProfile(ConfiguredClaimsTest.Configured.class)
class ConfiguredClaimsTest {

  /** Also used by {@link ScopeTest}. */
  public static class Configured implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.tokens.issuer", "https://issuer.example",
          "taskward.tokens.audiences", "taskward, tasks",
          "taskward.tokens.subject-claim", "userId",
          "taskward.tokens.clock-skew", "60s",
          "taskward.tokens.max-age", "600s",
          "taskward.scopes.required", "true",
          "taskward.rate-limit.enabled", "true",
          "taskward.rate-limit.user-requests", "1000",
          "taskward.rate-limit.address-requests", "1000",
          "taskward.rate-limit.period", "1h");
    }
  }

  @Test
  void theConfiguredClaimNamesTheUser() {
    User alice = User.fresh();
    String token = with(Map.of("userId", alice.name(), "sub", "somebody else"));

    User.withToken(token)
        .contentType("application/json")
        .body("{\"title\": \"Mine\"}")
        .post(User.TASKS)
        .then()
        .statusCode(201);
    User.withToken(with(Map.of("userId", alice.name())))
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .body("user_id", contains(alice.name()));
  }

  static Stream<Arguments> tokens() {
    long now = Instant.now().getEpochSecond();
    return Stream.of(
        arguments(200, "with one of the audiences", with(Map.of("aud", "tasks"))),
        arguments(200, "with one more audience", with(Map.of("aud", List.of("x", "taskward")))),
        arguments(200, "expired within the skew", with(Map.of("iat", now - 300, "exp", now - 30))),
        arguments(200, "issued within the skew", with(Map.of("iat", now + 30))),
        arguments(401, "expired beyond the skew", with(Map.of("iat", now - 300, "exp", now - 90))),
        arguments(401, "issued beyond the skew", with(Map.of("iat", now + 90))),
        arguments(200, "as old as the skew permits", with(Map.of("iat", now - 650))),
        arguments(401, "older than the skew permits", with(Map.of("iat", now - 670))),
        arguments(401, "without iat", without("iat")),
        arguments(401, "from another issuer", with(Map.of("iss", "https://issuer.example.org"))),
        arguments(401, "without iss", without("iss")),
        arguments(401, "for another audience", with(Map.of("aud", "mail"))),
        arguments(401, "without aud", without("aud")),
        arguments(401, "without the subject claim", without("userId")),
        arguments(401, "with a blank subject claim", with(Map.of("userId", " "))),
        arguments(401, "with a subject claim that is not a string", with(Map.of("userId", 7))));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("tokens")
  void tokensMustMeetTheSettings(int status, String what, String token) {
    User.withToken(token).get(User.TASKS).then().statusCode(status);
  }

  @Test
  void theLogHasTheReason() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    Map<String, String> reasons =
        Map.of(
            with(Map.of("iss", "https://issuer.example.org")), "wrong iss",
            without("iss"), "no iss",
            with(Map.of("aud", "mail")), "wrong aud",
            without("aud"), "no aud",
            without("iat"), "no iat",
            with(Map.of("iat", 1_700_000_000)), "too old",
            without("userId"), "userId must be 1 to 255 characters, not blank");
    try (ServiceLog log = new ServiceLog()) {
      reasons.forEach(
          (token, reason) -> {
            User.withToken(token)
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                .get(User.TASKS);

            assertEquals(reason, log.take(trace).getMdc("reason"));
          });
    }
  }

  @Test
  void tokensOfTheDevSignInMeetTheSettings() {
    String token =
        RestAssured.given().formParam("username", "alice").post("/dev/token").path("access_token");

    User.withToken(token).get(User.TASKS).then().statusCode(200);
  }

  private static Map<String, Object> good() {
    Map<String, Object> claims = claims("claimed");
    claims.put("scope", "tasks:read tasks:write");
    return claims;
  }

  /** The claims that a token of this user needs besides a scope. */
  static Map<String, Object> claims(String user) {
    Map<String, Object> claims = new TreeMap<>(Tokens.claims("ignored"));
    claims.putAll(Map.of("iss", "https://issuer.example", "aud", "taskward", "userId", user));
    return claims;
  }

  private static String with(Map<String, Object> changed) {
    Map<String, Object> claims = good();
    claims.putAll(changed);
    return sign(claims);
  }

  private static String without(String claim) {
    Map<String, Object> claims = good();
    claims.remove(claim);
    return sign(claims);
  }

  private static String sign(Map<String, Object> claims) {
    return Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);
  }
}
