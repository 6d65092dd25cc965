package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ratelimit.LimitsSecurityLogTest;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Instant;
import java.util.List;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Scheduled jobs log one line when the database is unavailable, and stay scheduled. */
@QuarkusTest
@TestProfile(LimitsSecurityLogTest.Narrow.class)
class JobsTest {

  final PostgresProxy wire = TestDatabase.proxy();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void eachFailedRunIsLoggedInOneLine() throws Exception {
    List<String> begins =
        List.of(
            "Deleted tasks that are due stay until the next purge: ",
            "Expired idempotency keys stay until the next sweep: ",
            "Expired rate limits stay until the next sweep: ");
    try (ServiceLog log = ServiceLog.ofAll()) {
      wire.cut();

      Instant end = Instant.now().plusSeconds(30);
      while (!begins.stream().allMatch(begin -> hasLine(log, begin))) {
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

  private static boolean hasLine(ServiceLog log, String begin) {
    return log.lines().stream()
        .anyMatch(line -> line.getThrown() == null && line.getFormattedMessage().startsWith(begin));
  }
}
