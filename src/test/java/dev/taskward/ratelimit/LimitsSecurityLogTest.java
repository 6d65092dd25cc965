package dev.taskward.ratelimit;

import static dev.taskward.observability.SecurityLogTest.assertFields;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.taskward.ServiceLog;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.util.Map;
import java.util.UUID;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The security log with a quota of one task, three requests of a user and two of an address. */
@QuarkusTest
@TestProfile(LimitsSecurityLogTest.Narrow.class)
public class LimitsSecurityLogTest {

  public static class Narrow implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.trash.purge-interval", "1s", // this and the next two for JobsTest
          "taskward.idempotency.sweep-every", "1s",
          "taskward.rate-limit.sweep-every", "1s",
          "taskward.rate-limit.store", "postgresql",
          "taskward.tasks.quota", "1",
          "taskward.rate-limit.enabled", "true",
          "taskward.rate-limit.user-requests", "3",
          "taskward.rate-limit.address-requests", "2",
          "taskward.rate-limit.period", "1h");
    }
  }

  final User alice = User.fresh();
  final String trace = UUID.randomUUID().toString().replace("-", "");
  final String traceparent = "00-" + trace + "-00f067aa0ba902b7-01";

  private final ServiceLog log = new ServiceLog();

  /** Without a token, and so before the limit of this address is reached. */
  @BeforeEach
  void readTheDocument() {
    alice.request();
  }

  @AfterEach
  void closeLog() {
    log.close();
  }

  @Test
  void aUserOverTheQuotaAndThenOverTheLimitIsLogged() {
    alice.has("The only one");
    create(403);
    ExtLogRecord line = log.take(trace);
    assertFields(line, "quota_reached", "403", "POST", User.TASKS, "task quota reached");
    assertEquals(alice.name(), line.getMdc("subject"));
    assertFalse(line.getFormattedMessage().contains("private"));

    create(403);
    log.lines().clear();
    create(429);
    line = log.take(trace);
    assertFields(line, "rate_limited", "429", "POST", User.TASKS, "too many requests of this user");
    assertEquals(alice.name(), line.getMdc("subject"));
  }

  private void create(int status) {
    alice
        .request()
        .header("traceparent", traceparent)
        .contentType("application/json")
        .body("{\"title\": \"private\"}")
        .post(User.TASKS)
        .then()
        .statusCode(status);
  }

  @Test
  void anAddressOverTheLimitIsLogged() {
    for (int i = 0; i < 3; i++) {
      log.lines().clear();
      RestAssured.given().header("traceparent", traceparent).get(User.TASKS);
    }

    ExtLogRecord line = log.take(trace);
    assertFields(
        line, "rate_limited", "429", "GET", User.TASKS, "too many requests of this address");
    assertNull(line.getMdc("subject"));
  }
}
