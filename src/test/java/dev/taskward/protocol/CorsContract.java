package dev.taskward.protocol;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.RawHttp;
import dev.taskward.SmallLimits;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** CORS with two allowed origins. */
@QuarkusTest
@TestProfile(SmallLimits.class)
class CorsContract {

  private static final String APP = SmallLimits.ORIGIN;

  private static final List<String> ORIGINS =
      Stream.concat(Stream.of(APP), SmallLimits.OTHER_ORIGINS.stream()).toList();

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();

  @Test
  void aPreflightNeedsNoToken() {
    for (String origin : ORIGINS) {
      for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
        Response answer = preflight(origin, method);
        answer
            .then()
            .statusCode(200)
            .header("Access-Control-Allow-Origin", equalTo(origin))
            .header("Access-Control-Allow-Methods", containsString(method))
            .header("Access-Control-Allow-Headers", containsString("Authorization"))
            .header("Access-Control-Allow-Headers", containsString("Idempotency-Key"))
            .header("Access-Control-Allow-Headers", containsString("If-Match"))
            .header("Access-Control-Allow-Headers", containsString("baggage"))
            .header("Access-Control-Max-Age", equalTo("3600"));
        assertNoCredentials(answer);
      }
    }
  }

  @Test
  void anAllowedOriginMayReadTheResponseAndItsHeaders() {
    for (String origin : ORIGINS) {
      alice
          .request()
          .header("Origin", origin)
          .get(User.TASKS)
          .then()
          .statusCode(200)
          .header("Access-Control-Allow-Origin", equalTo(origin));
    }
    Response answer = alice.request().header("Origin", APP).get(User.TASKS);
    assertEquals(
        Set.of(
            "Accept-Patch",
            "Allow",
            "Content-Disposition",
            "Date",
            "ETag",
            "Idempotency-Replayed",
            "Link",
            "Location",
            "Next-Cursor",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "Total-Count",
            "WWW-Authenticate"),
        new TreeSet<>(List.of(answer.header("Access-Control-Expose-Headers").split(", ?"))));
    assertNoCredentials(answer);
  }

  /** A page must be able to show the error to the user. */
  @Test
  void anAllowedOriginMayReadAnError() {
    RestAssured.given()
        .header("Origin", APP)
        .get(User.TASKS)
        .then()
        .statusCode(401)
        .header("Access-Control-Allow-Origin", equalTo(APP))
        .contentType("application/problem+json");
  }

  /** Browsers do not encode these characters. */
  @Test
  void anAllowedOriginMayReadTheErrorOfAnInvalidUrl() throws IOException {
    for (String query : List.of("q=a|c", "q={a}", "q=a\\c", "q=^", "q=`", "q=%")) {
      String head = User.TASKS + "?" + query + " HTTP/1.1\r\nHost: localhost\r\nOrigin: " + APP;
      String preflight =
          RawHttp.exchange(
              base,
              "OPTIONS "
                  + head
                  + "\r\nAccess-Control-Request-Method: GET"
                  + "\r\nAccess-Control-Request-Headers: authorization"
                  + "\r\nConnection: close\r\n\r\n");
      assertThat(preflight, startsWith("HTTP/1.1 200 "));
      String authorization =
          "\r\nAuthorization: Bearer "
              + Tokens.token(alice.name())
              + "\r\nConnection: close\r\n\r\n";
      String answer = RawHttp.exchange(base, "GET " + head + authorization);
      assertThat(answer, startsWith("HTTP/1.1 400 "));
      assertThat(answer, containsString("access-control-allow-origin: " + APP));
      assertThat(answer, containsString("The query has to be percent-encoded."));
    }
  }

  @Test
  void everyOtherOriginIsRefused() {
    for (String origin :
        List.of(
            "https://evil.example",
            "http://app.example",
            "https://app.example:444",
            "https://app.example.evil.example",
            "https://xapp.example",
            "capacitor://evil",
            "tauri://localhost:3000",
            "http://[::1]:3001",
            "chrome-extension://evil",
            "https://APP.example.",
            "null")) {
      preflight(origin, "GET")
          .then()
          .statusCode(403)
          .header("Access-Control-Allow-Origin", nullValue());
      RestAssured.given()
          .header("Authorization", "Bearer " + Tokens.token(alice.name()))
          .header("Origin", origin)
          .contentType("application/json")
          .body("{}")
          .post(User.TASKS)
          .then()
          .statusCode(403)
          .contentType("application/problem+json")
          .header("Access-Control-Allow-Origin", nullValue())
          .header("Cache-Control", equalTo("no-store"))
          .body("detail", equalTo("Pages of this origin may not call the service."));
    }
    alice.list("").body("$", equalTo(List.of()));
  }

  /** OPTIONS without Access-Control-Request-Method is not a preflight. */
  @Test
  void anOptionsRequestWithoutPreflightReturnsAllow() {
    alice
        .roughRequest()
        .header("Origin", APP)
        .options(User.TASKS)
        .then()
        .statusCode(200)
        .header("Allow", containsString("POST"))
        .header("Vary", equalTo("origin"));
  }

  /** A browser does not send such a request after its preflight. */
  @Test
  void anUnsupportedMethodIs405ForAnAllowedOrigin() {
    alice
        .authorized()
        .header("Origin", APP)
        .request("PROPFIND", User.TASKS)
        .then()
        .statusCode(405)
        .contentType("application/problem+json")
        .header("Allow", containsString("POST"));
    RestAssured.given()
        .header("Origin", APP)
        .request("PROPFIND", User.TASKS)
        .then()
        .statusCode(401);
  }

  /** Browsers send Origin with every method except GET and HEAD. */
  @Test
  void theServicesOwnOriginIsAllowed() {
    RestAssured.given()
        .header("Authorization", "Bearer " + Tokens.token(alice.name()))
        .header("Origin", "http://localhost:" + RestAssured.port)
        .contentType("application/json")
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201);
  }

  @Test
  void aRequestWithoutOriginGetsNoCorsHeaders() {
    alice.list("").statusCode(200).header("Access-Control-Allow-Origin", nullValue());
  }

  private static Response preflight(String origin, String method) {
    return RestAssured.given()
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", "authorization,content-type")
        .options(User.TASKS);
  }

  private static void assertNoCredentials(Response answer) {
    assertEquals("false", answer.header("Access-Control-Allow-Credentials"));
  }
}
