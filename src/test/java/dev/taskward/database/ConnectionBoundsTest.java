package dev.taskward.database;

import static java.util.concurrent.CompletableFuture.runAsync;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The session settings of each new connection. */
@QuarkusTest
@TestProfile(UnusualSettings.class)
@Tag("system")
class ConnectionBoundsTest {

  private static final String WAITING =
      "count(*) from pg_stat_activity where usename = 'taskward' and wait_event_type = 'Lock'";

  final User alice = User.fresh();

  @Test
  void aWriteAnsweredWith503IsNotExecutedLater() throws Exception {
    long id = alice.has("Buy milk");
    try (Connection other = TestDatabase.heldTask(id)) {
      alice.flip(id).statusCode(503);

      for (int i = 0; i < 60 && TestDatabase.query(Long.class, WAITING) > 0; i++) {
        Thread.sleep(50);
      }
      assertEquals(0L, TestDatabase.query(Long.class, WAITING));
      other.rollback();
    }
    alice.get(id).body("completed", equalTo(false)).body("version", equalTo(1));
  }

  @Inject AgroalDataSource pool;

  /** Defaults that an operator may have set for other applications. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "default_transaction_isolation = 'repeatable read'",
        "default_transaction_isolation = 'serializable'",
        "row_security = off"
      })
  void defaultsOfTheRoleHaveNoEffect(String setting) throws Exception {
    TestDatabase.execute("alter role taskward set " + setting);
    try {
      reconnect();
      long id = alice.has("Buy milk");
      List<CompletableFuture<Void>> flips;
      try (Connection other = TestDatabase.heldTask(id)) {
        flips =
            Stream.generate(() -> runAsync(() -> alice.flip(id).statusCode(200), Threads.EACH))
                .limit(8)
                .toList();
        TestDatabase.awaitWaiter(other);
        other.rollback();
      }
      flips.forEach(CompletableFuture::join);
      alice.get(id).body("completed", equalTo(false)).body("version", equalTo(9));
    } finally {
      TestDatabase.execute("alter role taskward reset all");
      reconnect();
    }
  }

  private void reconnect() throws InterruptedException {
    String before =
        "count(*) from pg_stat_activity where usename = 'taskward' and backend_start < '%s'"
            .formatted(TestDatabase.query(String.class, "now()::text"));
    pool.flush(FlushMode.ALL);
    for (int i = 0; i < 60 && TestDatabase.query(Long.class, before) > 0; i++) {
      Thread.sleep(50);
    }
    assertEquals(0L, TestDatabase.query(Long.class, before));
  }
}
