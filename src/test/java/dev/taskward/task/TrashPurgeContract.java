package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.SmallLimits;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The purge removes due tasks permanently, and no others. */
@QuarkusTest
@TestProfile(SmallLimits.class)
class TrashPurgeContract {

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void theRetentionIsConfigurable() {
    alice.delete(alice.has("Buy milk"));

    Map<String, String> task = alice.list("?deleted=true").extract().path("[0]");
    assertEquals(
        Duration.ofHours(36),
        Duration.between(
            Instant.parse(task.get("updated_at")), Instant.parse(task.get("purge_at"))));
  }

  @Test
  void onlyDeletedTasksThatAreDueArePurged() throws Exception {
    long due = alice.has("due");
    long notDue = alice.has("not due");
    long kept = alice.has("kept for ever");
    long living = alice.has("living");
    for (long id : new long[] {due, notDue, kept}) {
      alice.delete(id);
    }
    bob.delete(bob.has("bob's is due too"));
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      sql.execute("update task set purge_at = null where id = " + kept);
      sql.execute("update task set purge_at = now() + interval '1 hour' where id = " + notDue);
      sql.execute("update task set purge_at = now() - interval '1 hour' where id = " + living);
      sql.execute(
          "update task set purge_at = now() where id = %d or user_id = '%s'"
              .formatted(due, bob.name()));

      awaitPurged(sql, "id = " + due);
      awaitPurged(sql, "user_id = '" + bob.name() + "'");
    }

    alice.list("?deleted=true").body("title", containsInAnyOrder("not due", "kept for ever"));
    alice.list("").body("title", contains("living"));
  }

  @Test
  void moreThanOneBatchIsPurged() throws Exception {
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      sql.execute(
          """
          insert into task
            (id, user_id, title, completed, deleted, created_at, updated_at, purge_at,
                search, title_key)
          select 2000000000 + n, '%s', 'task', false, true, now(), now(), now(),
                'task', 'task'
          from generate_series(1, 2500) n
          """
              .formatted(alice.name()));

      awaitPurged(sql, "user_id = '" + alice.name() + "'");
    }
  }

  /** A restore in progress holds the locks of its task and its user. */
  @Test
  void aLockedTaskIsSkipped() throws Exception {
    long locked = alice.has("locked");
    long due = bob.has("due");
    alice.delete(locked);
    bob.delete(due);
    try (Connection restoring = TestDatabase.connect();
        Statement restore = restoring.createStatement();
        Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      restoring.setAutoCommit(false);
      sql.execute("update task set purge_at = now() where id in (" + locked + ", " + due + ")");
      restore.execute("update task set deleted = false, purge_at = null where id = " + locked);

      awaitPurged(sql, "id = " + due);
      restoring.commit();
    }

    alice.list("").body("title", contains("locked"));
  }

  private static void awaitPurged(Statement sql, String which) throws Exception {
    Instant end = Instant.now().plusSeconds(30);
    while (count(sql, which) > 0) {
      assertTrue(Instant.now().isBefore(end), which);
      Thread.sleep(100);
    }
  }

  private static long count(Statement sql, String which) throws SQLException {
    try (ResultSet result = sql.executeQuery("select count(*) from task where " + which)) {
      result.next();
      return result.getLong(1);
    }
  }
}
