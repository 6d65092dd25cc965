package dev.taskward.idempotency;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.TestDatabase;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The limits of stored responses: number of keys and lifetime. */
@QuarkusTest
@TestProfile(UnusualSettings.class)
class IdempotencyLimitsTest {

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void onlyTheUsersOwnOldestKeysAreDeleted() throws SQLException {
    Stream.of("a", "b", "c").forEach(key -> create(alice, key));
    Stream.of("a", "b", "c", "d", "e").forEach(key -> create(bob, key));

    assertEquals(3, count("user_id = '" + alice.name() + "'"));
    assertEquals(3, count("user_id = '" + bob.name() + "'"));
    for (String key : List.of("a", "b", "c")) {
      assertEquals("true", create(alice, key), key);
    }
    for (String key : List.of("c", "d", "e")) {
      assertEquals("true", create(bob, key), key);
    }
    assertEquals(null, create(bob, "a"));
    assertEquals(null, create(bob, "c"), "was the oldest key");
  }

  /** Otherwise two requests of one user could wait for each other forever. */
  @Test
  void aRequestDoesNotWaitForKeysThatAnotherDeletes() throws SQLException {
    String ofAlice = "user_id = '" + alice.name() + "'";
    Stream.of("a", "b", "c").forEach(key -> create(alice, key));
    try (Connection other = TestDatabase.connect();
        Statement sql = other.createStatement()) {
      other.setAutoCommit(false);
      sql.execute(
          "delete from idempotency_key where id = (select id from idempotency_key where "
              + ofAlice
              + " order by created_at limit 1)");
      create(alice, "d");
      create(alice, "e");
      other.rollback();
    }
    assertEquals(4, count(ofAlice), "c, d, e and the row that the other transaction locks");

    create(alice, "f");

    assertEquals(3, count(ofAlice));
    assertEquals("true", create(alice, "d"));
  }

  /** More than one batch of expired keys. Rows that another instance has locked are skipped. */
  @Test
  void expiredKeysAreDeletedAndOthersStay() throws Exception {
    create(alice, "a");
    try (Connection other = TestDatabase.connect()) {
      other.setAutoCommit(false);
      Statement sql = other.createStatement();
      sql.execute(
          """
          insert into idempotency_key
          select gen_random_uuid(), 'gone-' || n % 7, '', 200, '', '', now() - interval '61 minutes'
          from generate_series(1, 2500) n
          """);
      sql.execute(
          """
          insert into idempotency_key
          select gen_random_uuid(), 'here', '', 200, '', '', now() - interval '59 minutes'
          """);
      other.commit();
      sql.execute("select 1 from idempotency_key where user_id = 'gone-3' for update");
      awaitCount(0, "user_id like 'gone-%' and user_id <> 'gone-3'");
      assertEquals(357, count("user_id = 'gone-3'"));
      other.rollback();
      awaitCount(0, "user_id = 'gone-3'");
    }
    assertEquals(1, count("user_id = 'here'"));
    assertEquals("true", create(alice, "a"));
  }

  private static void awaitCount(int expected, String where) throws Exception {
    for (int i = 0; i < 100 && count(where) != expected; i++) {
      Thread.sleep(100);
    }
    assertEquals(expected, count(where), where);
  }

  private static int count(String where) {
    return TestDatabase.query(Integer.class, "count(*)::int from idempotency_key where " + where);
  }

  /** Returns "true" if the response is a replay, otherwise null. */
  private static String create(User user, String key) {
    return user.request()
        .header("Idempotency-Key", key)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(201)
        .extract()
        .header("Idempotency-Replayed");
  }
}
