package dev.taskward.database;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What PostgreSQL does not go on with when the service has given it up. */
@QuarkusTest
@TestProfile(ConnectionBoundsTest.Impatient.class)
class ConnectionBoundsTest {

  public static class Impatient implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2");
    }
  }

  private static final String WAITING =
      "count(*) from pg_stat_activity where usename = 'taskward' and wait_event_type = 'Lock'";

  final User alice = User.fresh();

  @Test
  void aWriteThatWasTold503IsNotDoneLater() throws Exception {
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
}
