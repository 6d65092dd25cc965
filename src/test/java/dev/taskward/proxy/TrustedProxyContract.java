package dev.taskward.proxy;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.User;
import dev.taskward.ratelimit.RateLimitsContract;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Behind a trusted ingress on this machine that strips a prefix and sends forwarded headers. */
@QuarkusTest
@TestProfile(TrustedProxyContract.Behind.class)
class TrustedProxyContract {

  public static class Behind implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> settings =
          new HashMap<>(new RateLimitsContract.Limited().getConfigOverrides());
      settings.put("taskward.proxy.trusted", "127.0.0.0/8, ::1, 10.0.0.7");
      settings.put("taskward.rate-limit.user-requests", "1000");
      settings.put("taskward.cors.origins", "https://app.example");
      return settings;
    }
  }

  private static final String OUTSIDE = "https://api.example.com/team/tasks";

  final User alice = User.fresh();

  @Test
  void urlsHaveTheForwardedHostAndPrefix() {
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

  /** Most ingresses change only the scheme. */
  @Test
  void urlsHaveTheForwardedScheme() {
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

  /** The same request with and without the prefix. */
  @Test
  void aRepeatWithoutThePrefixIsReplayed() {
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

  /**
   * The first of several values counts. The port of the ingress differs from the service's own
   * port.
   */
  @Test
  void locationUsesTheForwardedHeaders() {
    String direct = "http://localhost:" + RestAssured.port + "/";
    Map<String, String> locations = new LinkedHashMap<>();
    locations.put("X-Forwarded-Host: a.example:8443", "http://a.example:8443/");
    locations.put("X-Forwarded-Host: a.example, b.example:1", "http://a.example/");
    locations.put("X-Forwarded-Host: a.example , b.example:1", "http://a.example/");
    locations.put("X-Forwarded-Host: , a.example", "http://a.example/");
    locations.put("X-Forwarded-Host: A.Example", "http://a.example/");
    locations.put("X-Forwarded-Host: [2001:DB8::1]:8443", "http://[2001:db8::1]:8443/");
    locations.put("X-Forwarded-Host: ", direct);
    locations.put("X-Forwarded-Host: , ,", direct);
    locations.put("X-Forwarded-Port: 8443", "http://localhost:8443/");
    locations.put("X-Forwarded-Port: 8443 , 80", "http://localhost:8443/");
    locations.put("X-Forwarded-Port: 80", "http://localhost/");
    locations.put("X-Forwarded-Port: ", direct);
    locations.put("X-Forwarded-Proto: https, http", "https://localhost/");
    locations.put("X-Forwarded-Proto: https , http", "https://localhost/");
    locations.put("X-Forwarded-Proto: ,https", "https://localhost/");
    locations.put("X-Forwarded-Proto: HTTPS", "https://localhost/");
    locations.put("X-Forwarded-Proto: Http", "http://localhost/");
    locations.put("X-Forwarded-Proto: ", direct);
    locations.put("X-Forwarded-Ssl: on", direct);
    locations.put("X-Forwarded-Prefix: /team, /other", direct + "team/");
    locations.put("X-Forwarded-Prefix: /team , /other", direct + "team/");
    locations.put("X-Forwarded-Prefix: team/", direct + "team/");
    locations.put("X-Forwarded-Prefix: ", direct);
    locations.forEach(
        (header, begin) ->
            alice
                .authorized()
                .header(header.split(": ", -1)[0], header.split(": ", -1)[1])
                .contentType("application/json")
                .body("{}")
                .post(User.TASKS)
                .then()
                .statusCode(201)
                .header("Location", startsWith(begin + "api/v1/tasks/")));
  }

  /** Several header lines are one list (RFC 9110, section 5.3). */
  @Test
  void anEmptyHeaderLineBeforeTheProxysIsSkipped() {
    alice
        .authorized()
        .header("X-Forwarded-Proto", "", "https")
        .header("X-Forwarded-Host", "", "a.example")
        .contentType("application/json")
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201)
        .header("Location", startsWith("https://a.example/api/v1/tasks/"));
  }

  @Test
  void theOwnOriginIsComparedWithoutCase() {
    alice
        .authorized()
        .header("X-Forwarded-Proto", "HTTPS")
        .header("X-Forwarded-Host", "API.example.com")
        .header("Origin", "https://api.example.com")
        .get(User.TASKS)
        .then()
        .statusCode(200);
  }

  /**
   * An nginx that appends to the header forwards what the client sent. Quarkus would never respond.
   */
  @Test
  void anEmptyAddressBeforeTheProxysIsSkipped() {
    for (String claimed : List.of("", ",", ", 198.51.100.9", ":80", ":80, 198.51.100.9")) {
      alice.authorized().header("X-Forwarded-For", claimed).get(User.TASKS).then().statusCode(200);
    }
    assertEquals(401, guess(", 198.51.100.9", 10));
    assertEquals(429, guess("198.51.100.9", 1));
  }

  @Test
  void theForwardedOriginIsTheOwnOrigin() {
    ingress()
        .header("Origin", "https://api.example.com")
        .contentType("application/json")
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201)
        .header("Vary", equalTo("origin"));
    ingress()
        .header("Origin", "http://localhost:" + RestAssured.port)
        .get(User.TASKS)
        .then()
        .statusCode(403);
  }

  @Test
  void eachAddressHasItsOwnLimit() {
    assertEquals(401, guess("203.0.113.1", 10));
    assertEquals(429, guess("203.0.113.1", 1));
    assertEquals(401, guess("203.0.113.2", 1));
    assertEquals(429, guess("203.0.113.1:4711", 1), "the same address with a port");
    assertEquals(401, guess("[2001:db8::1]:4711", 10));
    assertEquals(429, guess("2001:db8::2", 1), "in the same IPv6 network");
    assertEquals(429, guess("::ffff:203.0.113.1", 1), "an IPv4-mapped IPv6 address");
    assertEquals(401, guess("::ffff:203.0.113.3", 10));
    assertEquals(401, guess("::ffff:203.0.113.4", 1), "another IPv4-mapped address");
  }

  /** The client's own values come before those that the proxies append. */
  @Test
  void aClientCannotChooseItsAddress() {
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
        "in a separate header line");
    assertEquals(401, guess("203.0.113.9, nonsense", 1), "the address of the proxy counts");
  }

  @Test
  void invalidForwardedHeadersAreRefused() {
    Map<String, List<String>> nonsense =
        Map.of(
            "X-Forwarded-Proto", List.of("javascript", "https:", "http https"),
            "X-Forwarded-Host",
                List.of(
                    "a b",
                    "a/b",
                    "a@b",
                    "http://a",
                    "a:b",
                    "a:123456",
                    "a:65536",
                    "a:0",
                    "[",
                    "%zz",
                    "a\\b",
                    "[1.2.3.4]",
                    "[:]",
                    "[1::2::3]"),
            "X-Forwarded-Port", List.of("x", "-1", "0", "65536", "123456"),
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
    alice.authorized().header("Forwarded", "host=evil").get(User.TASKS).then().statusCode(200);
  }

  /** Returns the status of the last request. */
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
