package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What runs by itself says so in a line where the database is away, and goes on. */
@QuarkusTest
@TestProfile(JobsTest.Often.class)
class JobsTest {

  public static class Often implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.trash.purge-interval", "1s",
          "taskward.idempotency.sweep-every", "1s",
          "taskward.rate-limit.sweep-every", "1s",
          "taskward.rate-limit.enabled", "true",
          "taskward.rate-limit.store", "postgresql");
    }
  }

  final PostgresProxy wire = TestDatabase.proxy();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void eachHasOneLineForARunThatFailed() throws Exception {
    List<String> begins =
        List.of(
            "Deleted tasks that are due stay until the next purge: ",
            "Expired idempotency keys stay until the next sweep: ",
            "Rate limits that are over stay until the next sweep: ");
    try (ServiceLog log = ServiceLog.ofAll()) {
      wire.cut();

      Instant end = Instant.now().plusSeconds(30);
      while (!begins.stream().allMatch(begin -> says(log, begin))) {
        assertTrue(Instant.now().isBefore(end), log.lines().toString());
        Thread.sleep(100);
      }

      List<ExtLogRecord> failures =
          log.lines().stream()
              .filter(line -> line.getLoggerName().startsWith("io.quarkus.scheduler"))
              .filter(line -> line.getLevel().intValue() >= Level.WARN.intValue())
              .toList();
      assertEquals(List.of(), failures);
    }
  }

  private static boolean says(ServiceLog log, String begin) {
    return log.lines().stream()
        .anyMatch(line -> line.getThrown() == null && line.getFormattedMessage().startsWith(begin));
  }
}
