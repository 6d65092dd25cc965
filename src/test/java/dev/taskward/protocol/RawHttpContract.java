package dev.taskward.protocol;

import static dev.taskward.protocol.HostileInputContract.INTERNALS;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that no client library would send. */
@QuarkusTest
class RawHttpContract {

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();

  @Test
  void unusualPathsCauseNoServerError() throws IOException {
    for (String target :
        List.of(
            "/api/v1/tasks/%zz",
            "/%",
            "/%ff",
            "/api/v1/tasks/%2e%2e/%2e%2e",
            "//api/v1/tasks",
            "/api/v1/tasks/1/../2",
            "/api/v1/tasks;a=b",
            "/api/v1/tasks/1;user_id=x",
            "/api/v1/tasks?%",
            "/api/v1/tasks?=&&=",
            "/api/v1/tasks?limit=1&limit",
            "/api/tasks/%2f",
            "/\\",
            "/{id}",
            "*",
            "?",
            "api/v1/tasks",
            "http://example.org/api/v1/tasks",
            "/api/v1/tasks#x",
            "/" + "a".repeat(3000),
            "/api/tasks" + "/a".repeat(1900),
            "/api/v1/tasks" + "/".repeat(3000),
            "/api/v1/tasks?" + "a=b&".repeat(500))) {
      for (String method : List.of("GET", "POST", "TRACE", "PROPFIND", "OPTIONS", "HEAD")) {
        String answer = raw(method + " " + target + " HTTP/1.1");
        assertTrue(
            answer.matches("(?s)HTTP/1.1 [24]\\d\\d .*"), method + " " + target + ": " + answer);
        assertFalse(INTERNALS.matcher(answer).find(), method + " " + target + ": " + answer);
      }
    }
  }

  @Test
  void anInvalidTargetIs400() throws IOException {
    for (String text : List.of("a|c", "caf\u00e9", "\u0001", "%")) {
      String query = raw("GET /api/v1/tasks?q=" + text + " HTTP/1.1");
      assertTrue(query.startsWith("HTTP/1.1 400 "), query);
      assertTrue(query.contains("The query has to be percent-encoded."), query);
      assertTrue(query.contains("\"trace_id\":\""), query);
    }
    String path = raw("GET /%zz HTTP/1.1");
    assertTrue(path.startsWith("HTTP/1.1 400 "), path);
    assertTrue(path.contains("application/problem+json"), path);
    assertTrue(path.contains("\"trace_id\":\""), path);
  }

  /** Authentication comes before the check of the target. */
  @Test
  void anInvalidTargetNeedsATokenToo() throws IOException {
    String answer =
        exchange(
            "GET /api/v1/tasks?q=a|c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
  }

  @Test
  void unusualHeadersCauseNoServerError() throws IOException {
    for (String header :
        List.of(
            "Content-Type: ;;;",
            "Content-Type: application/json; charset=nonsense",
            "Accept: ;",
            "Accept: */*;q=x",
            "Accept-Language: " + "x".repeat(2000),
            "traceparent: " + "0".repeat(999),
            "Content-Length: -1",
            "Content-Length: x",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: nonsense",
            "Expect: nonsense",
            "Range: bytes=-1",
            "X-HTTP-Method-Override: DELETE",
            "If-Match: nonsense",
            "Cookie: =;=;",
            "Connection: x",
            "X-Forwarded-Host: a b",
            "Forwarded: for=\"[\"",
            "Authorization: Bearer x")) {
      String answer = raw("GET /api/v1/tasks HTTP/1.1\r\n" + header);
      assertTrue(answer.matches("(?s)HTTP/1.1 [24]\\d\\d .*"), header + ": " + answer);
      assertFalse(INTERNALS.matcher(answer).find(), header + ": " + answer);
    }
  }

  /** RFC 9110, section 5.3. */
  @Test
  void repeatedHeaderLinesAreOneList() throws IOException {
    String get = "GET /api/v1/tasks HTTP/1.1\r\nAccept: */*\r\nAccept: application/json;q=";
    assertTrue(raw(get + "0").startsWith("HTTP/1.1 406 "));
    assertTrue(raw(get + "0.1").startsWith("HTTP/1.1 200 "));
    String coded =
        "POST /api/v1/tasks HTTP/1.1\r\nContent-Encoding: identity\r\nContent-Encoding: ";
    assertTrue(raw(coded + "gzip").startsWith("HTTP/1.1 415 "));
  }

  /**
   * Request smuggling (RFC 9112, section 11.2): two readers may see a different number of requests.
   */
  @Test
  void invalidFramingClosesTheConnection() throws IOException {
    for (String head :
        List.of(
            "GET /api/v1/tasks HTTP/1.1\r\nHost: a\r\nHost: b",
            "GET /api/v1/tasks HTTP/1.1\r\nHost:",
            "GET /api/v1/tasks HTTP/1.1\r\nHost: [a]",
            "GET /api/v1/tasks HTTP/1.1\r\nHost: [1.2.3.4]",
            "GET /api/v1/tasks HTTP/1.1\r\nHost: [1::2::3]:80",
            "GET /api/v1/tasks HTTP/1.1\r\nHost: a:",
            "GET /api/v1/caf\u00e9 HTTP/1.1\r\nHost: a",
            "POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked",
            "POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity",
            "POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked")) {
      String smuggled = "GET /q/openapi HTTP/1.1\r\nHost: localhost\r\nConnection: close";
      String answers = exchange(head + "\r\n\r\n" + smuggled);
      assertTrue(answers.matches("(?s)HTTP/1.[01] 400 .*"), head + ": " + answers);
      assertEquals(1, answers.split("HTTP/1\\.").length - 1, head + ": " + answers);
    }
  }

  /**
   * A URL cannot have these hosts. Without the check, the Location header would fail after the
   * insert.
   */
  @Test
  void anInvalidHostIsRefusedBeforeATaskIsStored() throws IOException {
    String post =
        "POST /api/v1/tasks HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: 2\r\nAuthorization: Bearer "
            + Tokens.token(alice.name())
            + "\r\nHost: ";
    for (String host : List.of("[a]", "[.]", "[%]", "[:]", "[v1.a]", "[1.2.3.4]")) {
      String answer = RawHttp.exchange(base, post + host + "\r\n\r\n{}");
      assertTrue(answer.startsWith("HTTP/1.1 400 "), host + ": " + answer);
    }
    alice.list("").body("size()", equalTo(0));
    String answer = RawHttp.exchange(base, post + "[2001:db8::1]:8080\r\n\r\n{}");
    assertTrue(answer.contains("ocation: http://[2001:db8::1]:8080/api/v1/tasks/"), answer);
  }

  /** With HTTP/2, each body would block a thread while it arrives. */
  @Test
  void http2IsNotSupported() throws IOException {
    String answer =
        raw(
            "GET /api/v1/tasks HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                + "HTTP2-Settings: AAMAAABkAAQAAP__");
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    String preface = exchange("PRI * HTTP/2.0\r\n\r\nSM");
    assertTrue(preface.matches("(?s)(HTTP/[12].[01] 400 .*)?"), preface);
  }

  @Test
  void aBodyOverTheLimitClosesTheConnection() throws IOException {
    String answers =
        exchange(
            "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + Tokens.token(alice.name())
                + "\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n{}");
    assertTrue(answers.startsWith("HTTP/1.1 413 "), answers);
  }

  @Test
  void aHeadOverTheLimitsIsRefused() throws IOException {
    for (int length : List.of(15_000, 17_000)) {
      String answer = raw("GET /api/v1/tasks HTTP/1.1\r\nX-Long: " + "a".repeat(length));
      assertTrue(
          answer.matches("(?s)HTTP/1.[01] " + (length < 16_384 ? 200 : 431) + " .*"), answer);
    }
    for (int length : List.of(3_900, 4_200)) {
      String answer = raw("GET /" + "a".repeat(length) + " HTTP/1.1");
      assertTrue(answer.matches("(?s)HTTP/1.[01] " + (length < 4_096 ? 404 : 414) + " .*"), answer);
    }
  }

  /** Sends a request that no client library would send. */
  private String raw(String head) throws IOException {
    return exchange(
        head
            + "\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + Tokens.token(alice.name()));
  }

  private String exchange(String head) throws IOException {
    return RawHttp.exchange(base, head + "\r\n\r\n");
  }
}
