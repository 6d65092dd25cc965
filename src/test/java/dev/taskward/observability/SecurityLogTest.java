package dev.taskward.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.RawHttp;
import dev.taskward.ServiceLog;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
public class SecurityLogTest {

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();
  final User bob = User.fresh();
  final String trace = UUID.randomUUID().toString().replace("-", "");
  final String traceparent = "00-" + trace + "-00f067aa0ba902b7-01";

  private final ServiceLog log = new ServiceLog();

  @AfterEach
  void closeLog() {
    log.close();
  }

  @Test
  void aRefusedTokenIsLoggedWithTheReasonAndWithoutTheToken() {
    Map<String, Object> expired = Tokens.claims("alice");
    expired.put("exp", Instant.now().getEpochSecond() - 3600);
    expired.put("iat", Instant.now().getEpochSecond() - 7200);
    Map<String, Object> endless = Tokens.claims("alice");
    endless.remove("exp");
    Map<String, Object> early = Tokens.claims("alice");
    early.put("nbf", Instant.now().getEpochSecond() + 3600);
    Map<String, Object> longLived = Tokens.claims("alice");
    longLived.put("exp", Instant.now().getEpochSecond() + 90_000);
    Map<String, Object> withoutSubject = Tokens.claims("alice");
    withoutSubject.remove("sub");
    Map<String, Object> identity = Tokens.claims("alice");
    identity.put("at_hash", "x");
    String other = "another secret of the tests, 32 bytes or more";
    Map<String, Object> header = Map.of("alg", "HS256", "typ", "JWT");
    Map<String, String> reasons =
        Map.of(
            sign(header, expired),
            "expired",
            sign(header, endless),
            "no exp",
            sign(header, early),
            "not valid yet",
            sign(header, longLived),
            "the token lives for more than 24 hours",
            sign(header, withoutSubject),
            "sub must be 1 to 255 characters, not blank",
            sign(header, identity),
            "not an access token",
            Tokens.sign(header, Tokens.claims("alice"), "HmacSHA256", other),
            "bad signature",
            sign(Map.of("alg", "HS512"), Tokens.claims("alice")),
            "no key for this algorithm",
            "nonsense",
            "malformed");
    reasons.forEach(
        (token, reason) -> {
          User.withToken(token)
              .header("traceparent", traceparent)
              .get(User.TASKS + "?q=private")
              .then()
              .statusCode(401);

          ExtLogRecord line = log.take(trace);
          assertFields(line, "token_refused", "401", "GET", User.TASKS, reason);
          assertNull(line.getMdc("subject")); // an unverified subject is not logged
          for (String part : token.split("\\.")) {
            assertFalse(line.getFormattedMessage().contains(part));
          }
          assertFalse(line.getFormattedMessage().contains("private"));
        });
  }

  @Test
  void aRequestWithoutATokenIsLogged() {
    User.withoutToken().header("traceparent", traceparent).get("/nowhere").then().statusCode(401);

    assertFields(log.take(trace), "token_refused", "401", "GET", "/nowhere", "no bearer token");
  }

  @Test
  void anAttemptOnAnotherUsersTaskIsLoggedWithUserAndPath() {
    long id = alice.has("A secret plan");
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        operation.send(bob.request().header("traceparent", traceparent), id);

        ExtLogRecord line = log.take(trace);
        String path = operation.path().replace("{id}", Long.toString(id));
        assertFields(
            line, "foreign_resource", "403", operation.method(), path, "belongs to another user");
        assertEquals(bob.name(), line.getMdc("subject"));
        assertFalse(line.getFormattedMessage().contains(alice.name()));
        assertFalse(line.getFormattedMessage().contains("secret plan"));
      }
    }
  }

  @Test
  void anUnknownIdIsNotASecurityEvent() {
    bob.roughRequest().header("traceparent", traceparent).get(User.TASKS + "/9000000000000000");

    ExtLogRecord line = log.take(trace);
    assertEquals("404 GET /api/v1/tasks/9000000000000000", line.getFormattedMessage());
    assertNull(line.getMdc("event"));
  }

  /** Text of a client must not end a line, begin a field or move the cursor of a terminal. */
  @Test
  void clientTextCannotForgeLogLines() throws IOException {
    long id = alice.has("Mine");
    User eve =
        new User(
            "eve" + id + "\r\n2026-01-01 INFO forged\u001b[2J\u202e\u2028\u0085\" status=\"200\\");

    eve.roughRequest().header("traceparent", traceparent).get(User.TASKS + "/" + id);

    ExtLogRecord line = log.take(trace);
    String subject =
        "eve"
            + id
            + "\\u000d\\u000a2026-01-01 INFO forged\\u001b[2J\\u202e\\u2028\\u0085\\u0022"
            + " status=\\u0022200\\u005c";
    assertEquals(subject, line.getMdc("subject"));
    assertTrue(line.getFormattedMessage().contains("subject=\"" + subject + "\" reason="));
    assertEquals(0, line.getFormattedMessage().chars().filter(Character::isISOControl).count());

    log.lines().clear();
    for (String target :
        List.of(
            "/a\u001b[31m\u0007b", "/a\u0000", "/a\u0085b", "/a%0d%0aforged", "/a\rb", "/\u202e")) {
      for (String token : List.of("", "\r\nAuthorization: Bearer " + Tokens.token(bob.name()))) {
        raw("GET " + target + " HTTP/1.1\r\nHost: localhost" + token);
      }
    }
    assertTrue(log.lines().size() >= 2, "at least the request with %0d%0a is logged");
    for (ExtLogRecord written : log.lines()) {
      String text = written.getFormattedMessage() + written.getMdcCopy();
      assertEquals(
          0,
          text.codePoints().filter(c -> c < 32 || c == 0x7f || c == 0x85 || c == 0x202e).count(),
          text);
    }
  }

  public static void assertFields(
      ExtLogRecord line, String event, String status, String method, String path, String reason) {
    assertEquals("dev.taskward.security", line.getLoggerName());
    assertEquals(event, line.getMdc("event"));
    assertEquals(status, line.getMdc("status"));
    assertEquals(method, line.getMdc("method"));
    assertEquals(path, line.getMdc("path"));
    assertEquals(reason, line.getMdc("reason"));
    assertEquals("127.0.0.1", line.getMdc("address"));
    assertTrue(line.getFormattedMessage().startsWith(event + " status=\"" + status + "\" "));
  }

  private static String sign(Map<String, Object> header, Map<String, Object> claims) {
    return Tokens.sign(header, claims, "HmacSHA256", Tokens.SECRET);
  }

  private void raw(String head) throws IOException {
    RawHttp.exchange(base, head + "\r\nConnection: close\r\n\r\n");
  }
}
