package dev.taskward.pipeline;

import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.RawHttp;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

@QuarkusTest
class ResponseHeadersContract {

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();

  @Test
  void onlyResponsesWithAnEntityTagMayBeCached() {
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      long id = alice.has("Buy milk");
      ValidatableResponse answer = operation.send(alice.request(), id).then();
      boolean tagged = answer.extract().header("ETag") != null;
      String name = operation.described().getOperationId();
      assertEquals(
          operation.isAboutOneTask() || Set.of("createTask", "listTasks").contains(name),
          tagged,
          name);
      assertHeaders(answer, tagged ? "private, no-cache" : "no-store");
    }
    long other = alice.has("Buy tea");
    assertHeaders(
        alice.request().header("If-None-Match", "\"1\"").get(User.TASKS + "/" + other).then(),
        "private, no-cache");
  }

  @Test
  void aReplayHasTheHeadersOfTheFirstResponse() {
    for (int i = 0; i < 2; i++) {
      assertHeaders(
          alice
              .request()
              .header("Idempotency-Key", "k")
              .contentType("application/json")
              .body("{}")
              .post(User.TASKS)
              .then()
              .statusCode(201),
          "private, no-cache");
    }
  }

  @Test
  void errorsAreNotCached() throws IOException {
    assertHeaders(User.withoutToken().get(User.TASKS).then().statusCode(401), "no-store");
    assertHeaders(User.withoutToken().get("/nowhere").then().statusCode(401), "no-store");
    assertHeaders(alice.roughRequest().get("/nowhere").then().statusCode(404), "no-store");
    assertHeaders(alice.roughRequest().get(User.TASKS + "?x=1").then().statusCode(400), "no-store");
    assertHeaders(alice.roughRequest().put(User.TASKS).then().statusCode(405), "no-store");
    assertHeaders(
        alice.postText("{\"title\": \"" + "x".repeat(99_999) + "\"}").statusCode(413), "no-store");
    assertHeaders(User.fresh().get(alice.has("Mine")).statusCode(403), "no-store");
    assertHeaders(RestAssured.get("/q/openapi").then().statusCode(200), "no-store");
    String answer = raw("GET /api/v1/tasks HTTP/1.1"); // no Host
    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    assertTrue(answer.toLowerCase().contains("x-content-type-options: nosniff"), answer);
    assertTrue(answer.toLowerCase().contains("cache-control: no-store"), answer);
  }

  /** RFC 9110, section 6.6.1. */
  @Test
  void everyResponseHasADate() {
    for (ValidatableResponse answer :
        List.of(
            alice.request().get(User.TASKS).then().statusCode(200),
            User.withoutToken().get(User.TASKS).then().statusCode(401),
            alice.roughRequest().get("/nowhere").then().statusCode(404))) {
      String date = answer.extract().header("Date");
      ZonedDateTime time = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME);
      assertTrue(Duration.between(time, ZonedDateTime.now()).abs().toSeconds() < 10, date);
      assertEquals("Mon, 30 Nov 2026 05:48:44 GMT".length(), date.length(), date);
    }
  }

  private static void assertHeaders(ValidatableResponse answer, String cacheControl) {
    answer
        .header("X-Content-Type-Options", equalTo("nosniff"))
        .header("Cache-Control", equalTo(cacheControl))
        .header("Server", nullValue())
        .header("X-Powered-By", nullValue())
        .header("Via", nullValue());
    assertEquals(1, answer.extract().headers().getValues("Cache-Control").size());
  }

  @Test
  void noOriginIsAllowedUnlessConfigured() {
    for (String path : List.of(User.TASKS, "/q/openapi")) {
      alice
          .roughRequest()
          .header("Origin", "https://evil.example")
          .get(path)
          .then()
          .statusCode(200)
          .header("Access-Control-Allow-Origin", nullValue())
          .header("Access-Control-Expose-Headers", nullValue());
      RestAssured.given()
          .header("Origin", "https://evil.example")
          .header("Access-Control-Request-Method", "POST")
          .options(path)
          .then()
          .header("Access-Control-Allow-Origin", nullValue())
          .header("Access-Control-Allow-Methods", nullValue());
    }
  }

  /** The management port needs no token. No ingress needs to reach it. */
  @Test
  void healthIsServedOnlyOnTheManagementPort() {
    RestAssured.given()
        .header("Origin", "https://evil.example")
        .header("Authorization", "Bearer nonsense")
        .get(TestDatabase.management("/q/health/ready"))
        .then()
        .statusCode(200)
        .body("status", equalTo("UP"))
        .header("Access-Control-Allow-Origin", nullValue())
        .header("X-Content-Type-Options", equalTo("nosniff"))
        .header("Cache-Control", equalTo("no-store"))
        .header("Server", nullValue());
    for (String path : List.of("/q/health", "/q/health/ready", "/q/health/live")) {
      RestAssured.get(path).then().statusCode(404);
    }
    for (String path : List.of(User.TASKS, "/q/openapi", "/q/swagger-ui/", "/dev/token")) {
      RestAssured.given()
          .header("Authorization", "Bearer " + Tokens.token(alice.name()))
          .get(TestDatabase.management(path))
          .then()
          .statusCode(404);
    }
  }

  /** TRACE would return the token (RFC 9110, section 9.3.8). CONNECT is for proxies. */
  @Test
  void traceAndConnectAreRefused() throws IOException {
    for (String path : List.of(User.TASKS, User.TASKS + "/1", "/", "/q/openapi")) {
      RestAssured.given()
          .header("Authorization", "Bearer " + Tokens.token(alice.name()))
          .request("TRACE", path)
          .then()
          .statusCode(anyOf(is(404), is(405)))
          .contentType("application/problem+json");
      RestAssured.given().request("TRACE", path).then().statusCode(anyOf(is(401), is(405)));
    }
    for (String target : List.of("localhost:80", User.TASKS, "/")) {
      String answer = raw("CONNECT " + target + " HTTP/1.1\r\nHost: localhost" + authorization());
      assertTrue(answer.matches("(?s)HTTP/1.1 4\\d\\d .*"), answer);
      assertFalse(answer.contains("Bearer ey"), answer);
    }
  }

  @Test
  void noHeaderOrParameterOverridesTheMethod() {
    long id = alice.has("Buy milk");
    for (String header :
        List.of(
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "X-Method-Override",
            "X-Original-Method",
            "_method")) {
      alice
          .roughRequest()
          .header(header, "DELETE")
          .post(User.TASKS + "/" + id)
          .then()
          .statusCode(405);
      alice
          .roughRequest()
          .header(header, "DELETE")
          .get(User.TASKS + "/" + id)
          .then()
          .statusCode(200);
    }
    alice.roughRequest().post(User.TASKS + "/" + id + "?_method=DELETE").then().statusCode(405);
    alice.get(id).statusCode(200);
  }

  /** Otherwise an attacker could place links to another host in a cache. */
  @Test
  void forwardedHeadersAreIgnoredUnlessAProxyIsTrusted() {
    String here = "http://localhost:" + RestAssured.port + User.TASKS;
    for (int i = 0; i < 2; i++) {
      String location =
          forwarded()
              .contentType("application/json")
              .body("{}")
              .post(User.TASKS)
              .header("Location");
      assertTrue(location.matches(here + "/\\d+"), location);
    }
    String link = forwarded().get(User.TASKS + "?limit=1").header("Link");
    assertTrue(link.startsWith("<" + here + "?limit=1&cursor="), link);
  }

  private RequestSpecification forwarded() {
    return alice
        .roughRequest()
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Port", "666")
        .header("X-Forwarded-Prefix", "/evil")
        .header("X-Forwarded-Ssl", "on")
        .header("X-Forwarded-For", "203.0.113.7")
        .header("Forwarded", "for=203.0.113.7;host=evil.example;proto=https");
  }

  private String authorization() {
    return "\r\nAuthorization: Bearer " + Tokens.token(alice.name());
  }

  private String raw(String head) throws IOException {
    return RawHttp.exchange(base, head + "\r\nConnection: close\r\n\r\n");
  }
}
