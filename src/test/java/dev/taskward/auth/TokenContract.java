package dev.taskward.auth;

import static dev.taskward.Tokens.SECRET;
import static dev.taskward.Tokens.claims;
import static dev.taskward.Tokens.encode;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each bad token has exactly one fault. */
@QuarkusTest
class TokenContract {

  private static final Map<String, Object> HS256 = Map.of("alg", "HS256", "typ", "JWT");
  private static final long DAY = 24 * 60 * 60;

  @Test
  void aGoodTokenIsAccepted() {
    accepted(Tokens.token("alice"));
  }

  static Stream<Arguments> goodTokens() {
    long now = Instant.now().getEpochSecond();
    return Stream.of(
        arguments("valid for exactly 24 hours", with(Map.of("iat", now, "exp", now + DAY))),
        arguments("without iat, as RFC 7519 allows", without("iat")),
        arguments("issued by a clock that is slightly fast", with(Map.of("iat", now + 5))),
        arguments("with a subject of 255 characters", with(Map.of("sub", "🦉".repeat(255)))),
        arguments("with claims of its issuer", with(Map.of("email", "a@b.c", "aud", List.of("x")))),
        arguments("typed as an access token", typed("at+jwt")),
        arguments("typed with the full media type", typed("application/AT+JWT")),
        arguments("from Keycloak", with(Map.of("typ", "Bearer"))),
        arguments("from Cognito", with(Map.of("token_use", "access"))),
        arguments("without typ", sign(Map.of("alg", "HS256"), claims("alice"))),
        arguments("with another user's name in other claims", with(Map.of("upn", "bob"))),
        arguments("with groups of another type", with(Map.of("groups", 5))),
        arguments("with names of another type", with(Map.of("upn", 1, "preferred_username", 2))),
        arguments("with a character newer than this JDK", with(Map.of("sub", "\ud83e\udee0"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("goodTokens")
  void aValidTokenIsAccepted(String what, String token) {
    accepted(token);
  }

  static Stream<Arguments> badTokens() {
    long now = Instant.now().getEpochSecond();
    String good = Tokens.token("alice");
    String[] parts = good.split("\\.");
    return Stream.of(
        arguments("empty", ""),
        arguments("not a JWT", "token"),
        arguments("two parts", parts[0] + "." + parts[1]),
        arguments("empty signature", parts[0] + "." + parts[1] + "."),
        arguments("a fourth part", good + "." + parts[2]),
        arguments("a signature with padding", good + "="),
        arguments("a signature with a character outside of base64", good.replaceFirst(".$", "?$0")),
        arguments("a signature with a space", good.replaceFirst(".$", " $0")),
        arguments("a signature whose last bits are not zero", spareBit(good)),
        arguments("a flipped bit of the claims", parts[0] + "." + flip(parts[1]) + "." + parts[2]),
        arguments(
            "a flipped bit of the signature", parts[0] + "." + parts[1] + "." + flip(parts[2])),
        arguments(
            "claims of another user under the signature",
            parts[0] + "." + encode(claims("bob")) + "." + parts[2]),
        arguments(
            "another secret",
            Tokens.sign(
                HS256, claims("alice"), "HmacSHA256", "another secret, of 32 bytes or more")),
        arguments("alg none", encode(Map.of("alg", "none")) + "." + encode(claims("alice")) + "."),
        arguments("alg NoNe", encode(Map.of("alg", "NoNe")) + "." + encode(claims("alice")) + "."),
        arguments(
            "alg none with a signature",
            encode(Map.of("alg", "none")) + "." + parts[1] + "." + parts[2]),
        arguments("no alg", sign(Map.of("typ", "JWT"), claims("alice"))),
        arguments(
            "HS384 with the right secret",
            Tokens.sign(Map.of("alg", "HS384"), claims("alice"), "HmacSHA384", SECRET)),
        arguments(
            "HS512 with the right secret",
            Tokens.sign(Map.of("alg", "HS512"), claims("alice"), "HmacSHA512", SECRET)),
        arguments("RS256 in the header", sign(Map.of("alg", "RS256"), claims("alice"))),
        arguments("expired", with(Map.of("iat", now - 7200, "exp", now - 3600))),
        arguments("expired half a minute ago", with(Map.of("exp", now - 30))),
        arguments("without exp", without("exp")),
        arguments("exp not a number", with(Map.of("exp", "tomorrow"))),
        arguments("valid for over 24 hours", with(Map.of("iat", now, "exp", now + DAY + 1))),
        arguments(
            "valid for over 24 hours, issued long ago",
            with(Map.of("iat", now - DAY, "exp", now + 60))),
        arguments(
            "valid for over 24 hours, issued in ten years",
            with(Map.of("iat", now + 3650 * DAY, "exp", now + 3650 * DAY + 60))),
        arguments("valid for over 24 hours, without iat", withoutIat(now + 2 * DAY)),
        arguments(
            "iat and exp at the ends of time",
            with(Map.of("iat", Long.MIN_VALUE, "exp", Long.MAX_VALUE))),
        arguments("issued in the future", with(Map.of("iat", now + 60))),
        arguments("not valid yet", with(Map.of("nbf", now + 600))),
        arguments("without sub", without("sub")),
        arguments("empty sub", with(Map.of("sub", ""))),
        arguments("blank sub", with(Map.of("sub", " \t\u00a0"))),
        arguments("sub not a string", with(Map.of("sub", 42))),
        arguments("sub a list", with(Map.of("sub", List.of("alice")))),
        arguments("a sub of 256 characters", with(Map.of("sub", "x".repeat(256)))),
        arguments("a sub that PostgreSQL can't store", with(Map.of("sub", "a\0b"))),
        arguments("a sub that is not UTF-8", latin1()),
        arguments(
            "a critical extension",
            sign(Map.of("alg", "HS256", "crit", List.of("x"), "x", 1), claims("alice"))),
        arguments(
            "a critical extension that the library knows",
            sign(Map.of("alg", "HS256", "crit", List.of("b64"), "b64", true), claims("alice"))),
        arguments("typ of a logout token", typed("logout+jwt")),
        arguments("typ of a DPoP proof", typed("dpop+jwt")),
        arguments("typ of an ID token by its claim", with(Map.of("typ", "ID"))),
        arguments("a refresh token", with(Map.of("typ", "Refresh"))),
        arguments("an ID token by its hash of an access token", with(Map.of("at_hash", "x"))),
        arguments("an ID token by its hash of a code", with(Map.of("c_hash", "x"))),
        arguments("an ID token by its use", with(Map.of("token_use", "id"))),
        arguments("a security event", with(Map.of("events", Map.of("x", Map.of())))),
        arguments("nested", nested()),
        arguments("nested very deeply", deep("{\"sub\":", 700)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badTokens")
  void anInvalidTokenIsRefused(String what, String token) {
    User.withToken(token)
        .get(User.TASKS)
        .then()
        .statusCode(401)
        .header(
            "WWW-Authenticate",
            equalTo(token.isEmpty() ? "Bearer" : "Bearer error=\"invalid_token\""))
        .contentType("application/problem+json")
        .body("status", equalTo(401))
        .body("detail", equalTo("A valid bearer token is needed."));
  }

  /** RFC 6750, 2.1: one space or more. */
  @Test
  void severalSpacesMayPrecedeTheToken() {
    for (String scheme : List.of("Bearer  ", "bearer     ", "BEARER ")) {
      User.withoutToken()
          .header("Authorization", scheme + Tokens.token("alice"))
          .get(User.TASKS)
          .then()
          .statusCode(200);
    }
    User.withoutToken()
        .header("Authorization", "Bearer\t" + Tokens.token("alice"))
        .get(User.TASKS)
        .then()
        .statusCode(401);
  }

  @Test
  void onlyTheBearerSchemeIsAccepted() {
    String token = Tokens.token("alice");
    for (String header :
        List.of("Basic " + token, token, "Bearer", "Bearer  ", "Digest " + token)) {
      User.withoutToken().header("Authorization", header).get(User.TASKS).then().statusCode(401);
    }
    User.withoutToken().queryParam("access_token", token).get(User.TASKS).then().statusCode(401);
    User.withoutToken().cookie("Bearer", token).get(User.TASKS).then().statusCode(401);
    User.withoutToken()
        .header("Authorization", "bearer " + token)
        .get(User.TASKS)
        .then()
        .statusCode(200);
  }

  @Test
  void withoutATokenTheChallengeNamesNoError() {
    for (String header : List.of("Basic dXNlcjpwYXNz", "Bearer", "Bearer  ")) {
      User.withoutToken()
          .header("Authorization", header)
          .get(User.TASKS)
          .then()
          .statusCode(401)
          .header("WWW-Authenticate", equalTo("Bearer"));
    }
    User.withoutToken()
        .get(User.TASKS)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo("Bearer"));
  }

  /** A proxy may have checked the other token. */
  @Test
  void twoTokensAreRefused() {
    String token = Tokens.token("alice");
    User.withToken(token)
        .header("Authorization", "Bearer " + token)
        .get(User.TASKS)
        .then()
        .statusCode(401);
  }

  @Test
  void theTokenIsCheckedFirst() {
    User.withoutToken().get(User.TASKS + "/1").then().statusCode(401);
    User.withoutToken().get("/api/v1/nothing/here").then().statusCode(401);
    User.withoutToken().get("/nothing").then().statusCode(401);
    User.withoutToken().get("/").then().statusCode(401);
    User.withoutToken().get(User.TASKS + "?limit=x").then().statusCode(401);
    User.withoutToken().delete(User.TASKS).then().statusCode(401);
    User.withoutToken().accept("text/html").get(User.TASKS).then().statusCode(401);
    User.withoutToken()
        .contentType(ContentType.TEXT)
        .body("{")
        .post(User.TASKS)
        .then()
        .statusCode(401);
    User.withoutToken()
        .contentType(ContentType.JSON)
        .body("x".repeat(100_000))
        .post(User.TASKS)
        .then()
        .statusCode(401);
  }

  @Test
  void healthAndDocumentNeedNoToken() {
    RestAssured.get(TestDatabase.management("/q/health/live")).then().statusCode(200);
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(200);
    User.withoutToken().get("/q/openapi").then().statusCode(200);
  }

  private static void accepted(String token) {
    User.withToken(token).get(User.TASKS).then().statusCode(200);
  }

  private static String typed(String type) {
    return sign(Map.of("alg", "HS256", "typ", type), claims("alice"));
  }

  /** A good token in a good token. */
  private static String nested() {
    return Tokens.sign(
        encode(Map.of("alg", "HS256", "cty", "JWT")),
        encode(Tokens.token("alice").getBytes(StandardCharsets.US_ASCII)),
        "HmacSHA256",
        SECRET);
  }

  private static String deep(String opening, int times) {
    return Tokens.sign(
        encode(HS256),
        encode(opening.repeat(times).getBytes(StandardCharsets.US_ASCII)),
        "HmacSHA256",
        SECRET);
  }

  private static String latin1() {
    String payload =
        Tokens.encode(
            new JsonObject(claims("z\u00e9")).encode().getBytes(StandardCharsets.ISO_8859_1));
    return Tokens.sign(encode(HS256), payload, "HmacSHA256", SECRET);
  }

  private static String with(Map<String, Object> changed) {
    Map<String, Object> claims = claims("alice");
    claims.putAll(changed);
    return sign(HS256, claims);
  }

  private static String without(String claim) {
    Map<String, Object> claims = claims("alice");
    claims.remove(claim);
    return sign(HS256, claims);
  }

  private static String withoutIat(long exp) {
    Map<String, Object> claims = new HashMap<>(Map.of("sub", "alice", "exp", exp));
    return sign(HS256, claims);
  }

  private static String sign(Map<String, Object> header, Map<String, Object> claims) {
    return Tokens.sign(header, claims, "HmacSHA256", SECRET);
  }

  /** Sets one of the two bits that 43 characters have more than 32 bytes. */
  private static String spareBit(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = token.length() - 1;
    return token.substring(0, last) + alphabet.charAt(alphabet.indexOf(token.charAt(last)) + 1);
  }

  private static String flip(String part) {
    char first = part.charAt(2);
    return part.substring(0, 2) + (first == 'A' ? 'B' : 'A') + part.substring(3);
  }
}
