package dev.taskward.task;

import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ServiceLog;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A sequence behind the ids: logical replication copies rows but not sequences. */
@QuarkusTest
class TaskSequenceTest {

  /** The statement from docs/operations.md. */
  private static final String STEP = "select setval('task_id_seq', max(id)) from task";

  final User alice = User.fresh();

  @Test
  void aSequenceBehindTheIdsIs503AndIsLoggedOnce() {
    long id = alice.has("Buy milk");
    try (ServiceLog log = new ServiceLog()) {
      for (String key : new String[] {null, "again", "and again"}) {
        TestDatabase.execute("select setval('task_id_seq', %d, false)".formatted(id));
        var request =
            key == null ? alice.request() : alice.request().header("Idempotency-Key", key);
        request
            .contentType("application/json")
            .body(Map.of())
            .post(User.TASKS)
            .then()
            .statusCode(503)
            .header("Retry-After", notNullValue());
      }
      assertEquals(
          1,
          log.lines().stream()
              .filter(line -> line.getMessage().contains("task_id_seq is behind"))
              .count());
    } finally {
      TestDatabase.execute(STEP);
    }
    alice.post(Map.of()).statusCode(201);
  }

  /** The table owner must suspend row-level security, which hides the rows. */
  @Test
  void theTableOwnerCanSetTheSequence() throws SQLException {
    long id = alice.has("Buy milk");
    TestDatabase.execute("select setval('task_id_seq', %d, false)".formatted(id));
    try (Connection owner = TestDatabase.connectAsService()) {
      owner
          .createStatement()
          .execute(
              ("begin; alter table task no force row level security; %s;"
                      + " alter table task force row level security; commit")
                  .formatted(STEP));
    }
    alice.post(Map.of()).statusCode(201);
  }
}
