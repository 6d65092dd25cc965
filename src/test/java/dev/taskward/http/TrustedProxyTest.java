package dev.taskward.http;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Behind an ingress on this machine, which strips a prefix and says so. */
@QuarkusTest
@TestProfile(TrustedProxyTest.Behind.class)
class TrustedProxyTest {

  public static class Behind implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> settings =
          new HashMap<>(new RateLimitsTest.Limited().getConfigOverrides());
      settings.put("taskward.proxy.trusted", "127.0.0.0/8, ::1, 10.0.0.7");
      settings.put("taskward.rate-limit.user-requests", "1000");
      return settings;
    }
  }

  private static final String OUTSIDE = "https://api.example.com/team/tasks";

  final User alice = User.fresh();

  @Test
  void urlsAreThoseThatTheClientKnows() {
    for (String path : List.of(User.TASKS, "/api/tasks")) {
      for (int i = 0; i < 2; i++) {
        ingress()
            .contentType("application/json")
            .body("{}")
            .post(path)
            .then()
            .statusCode(201)
            .header("Location", matchesPattern(OUTSIDE + "/api/v1/tasks/\\d+"));
      }
      ingress()
          .get(path + "?limit=1")
          .then()
          .statusCode(200)
          .header(
              "Link",
              matchesPattern(
                  "<" + OUTSIDE + "/api/v1/tasks\\?limit=1&cursor=[^>]+>; rel=\"next\""));
    }
    ingress().put(User.TASKS).then().statusCode(405).header("Allow", startsWith("GET, HEAD, POST"));
    ingress().get("/nowhere").then().statusCode(404).body("instance", equalTo("/nowhere"));
  }

  /** An ingress that changes nothing but the scheme, as most do. */
  @Test
  void soTheyAreWithoutAPrefix() {
    alice
        .authorized()
        .header("X-Forwarded-For", "198.51.100.1")
        .header("X-Forwarded-Proto", "https")
        .contentType("application/json")
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201)
        .header("Location", matchesPattern("https://localhost/api/v1/tasks/\\d+"));
  }

  /** It is one request, whichever way it comes. */
  @Test
  void aRepeatWithoutThePrefixIsARepeat() {
    for (RequestSpecification request : List.of(ingress(), alice.authorized())) {
      request
          .header("Idempotency-Key", "k")
          .contentType("application/json")
          .body("{}")
          .post(User.TASKS)
          .then()
          .statusCode(201);
    }
    alice.list("").body("size()", equalTo(1));
  }

  @Test
  void addressesAreLimitedEachForItself() {
    assertEquals(401, guess("203.0.113.1", 10));
    assertEquals(429, guess("203.0.113.1", 1));
    assertEquals(401, guess("203.0.113.2", 1));
    assertEquals(429, guess("203.0.113.1:4711", 1), "with the port");
    assertEquals(401, guess("[2001:db8::1]:4711", 10));
    assertEquals(429, guess("2001:db8::2", 1), "of the same site");
  }

  /** What a client wrote stands before what the proxies added. */
  @Test
  void aClientCanNotChooseAnotherAddress() {
    assertEquals(401, guess("203.0.113.9", 10));
    for (String claimed :
        List.of("198.51.100.7, 203.0.113.9", "127.0.0.1,203.0.113.9, 10.0.0.7", "x, 203.0.113.9")) {
      assertEquals(429, guess(claimed, 1), claimed);
    }
    assertEquals(
        429,
        RestAssured.given()
            .header("X-Forwarded-For", "198.51.100.8", "203.0.113.9")
            .get(User.TASKS)
            .statusCode(),
        "in a line of its own");
    assertEquals(401, guess("203.0.113.9, nonsense", 1), "the proxy's own, then");
  }

  @Test
  void whatCanBeNoPartOfAUrlIsRefused() {
    Map<String, List<String>> nonsense =
        Map.of(
            "X-Forwarded-Proto", List.of("javascript", "https:", " "),
            "X-Forwarded-Host",
                List.of("a b", "a/b", "a@b", "http://a", "a:b", "a:123456", "[", "%zz", "a\\b"),
            "X-Forwarded-Port", List.of("x", "-1", "123456"),
            "X-Forwarded-Prefix",
                List.of("//evil.example", "/a?b", "/a#b", "/%zz", "/a b", "/{id}", "/a;b", "/\\"));
    nonsense.forEach(
        (header, values) ->
            values.forEach(
                value ->
                    alice
                        .authorized()
                        .header(header, value)
                        .get(User.TASKS)
                        .then()
                        .statusCode(400)
                        .contentType("application/problem+json")
                        .header("Location", nullValue())));
    alice.authorized().header("X-Forwarded-Port", "99999").get(User.TASKS).then().statusCode(200);
    alice.authorized().header("Forwarded", "host=evil").get(User.TASKS).then().statusCode(200);
  }

  /** The status of the last one. */
  private static int guess(String forwardedFor, int times) {
    int status = 0;
    for (int i = 0; i < times; i++) {
      status =
          RestAssured.given()
              .header("X-Forwarded-For", forwardedFor)
              .get(User.TASKS + "/" + i)
              .statusCode();
    }
    return status;
  }

  private RequestSpecification ingress() {
    return alice
        .authorized()
        .header("X-Forwarded-For", "198.51.100.1")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "api.example.com")
        .header("X-Forwarded-Port", "443")
        .header("X-Forwarded-Prefix", "/team/tasks");
  }
}
