package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A user erases everything about them. */
@QuarkusTest
class EraseContract {

  static final String ERASE = "/api/v1/me/erase";

  final User alice = User.fresh();
  final User bob = User.fresh();

  static ValidatableResponse erase(User user) {
    return user.request()
        .contentType(ContentType.JSON)
        .body(Map.of("confirm", "erase"))
        .post(ERASE)
        .then();
  }

  @Test
  void nothingAboutTheUserIsLeftInTheDatabase() throws SQLException {
    String secret = "secret-" + UUID.randomUUID();
    long id = alice.has(Map.of("title", secret, "tags", List.of(secret)));
    alice.delete(alice.has(Map.of("description", secret))).statusCode(204);
    alice
        .request()
        .header("Idempotency-Key", secret)
        .contentType(ContentType.JSON)
        .body(Map.of("title", secret))
        .post(User.TASKS)
        .then()
        .statusCode(201);
    bob.has("bob's");
    String dump = dump();
    assertTrue(dump.contains(secret) && dump.contains(alice.name()));

    erase(alice).statusCode(204);

    dump = dump();
    assertFalse(dump.contains(secret), "texts");
    assertFalse(dump.contains(alice.name()), "the name");
    assertTrue(dump.contains(bob.name()));
    alice.get(id).statusCode(404);
    alice
        .request()
        .get("/api/v1/me")
        .then()
        .body("tasks.open", equalTo(0))
        .body("tasks.deleted", equalTo(0));
    bob.list("").body("title", contains("bob's"));
  }

  /** Every row of every table, as text; of bytes, their characters. */
  static String dump() throws SQLException {
    StringBuilder dump = new StringBuilder();
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet names =
          sql.executeQuery("select tablename from pg_tables where schemaname = 'public'")) {
        while (names.next()) {
          tables.add(names.getString(1));
        }
      }
      assertTrue(
          tables.containsAll(List.of("task", "task_counter", "idempotency_key")), "" + tables);
      for (String table : tables) {
        String row =
            table.equals("idempotency_key") ? "t::text || encode(body, 'escape')" : "t::text";
        try (ResultSet rows = sql.executeQuery("select %s from %s t".formatted(row, table))) {
          while (rows.next()) {
            dump.append(rows.getString(1)).append('\n');
          }
        }
      }
    }
    return dump.toString();
  }

  @Test
  void anErasureCanBeRepeated() {
    alice.has("first");

    erase(alice).statusCode(204);
    erase(alice).statusCode(204);
    erase(User.fresh()).statusCode(204);
  }

  @Test
  void itNeedsAConfirmation() {
    long id = alice.has("stays");
    for (String body :
        List.of(
            "{}",
            "{\"confirm\": \"yes\"}",
            "{\"confirm\": null}",
            "{\"confirm\": true}",
            "{\"confirm\": \"erase\", \"user_id\": \"%s\"}".formatted(bob.name()),
            "[]",
            "null")) {
      alice
          .roughRequest()
          .contentType("application/json")
          .body(body)
          .post(ERASE)
          .then()
          .statusCode(400);
    }
    alice.roughRequest().post(ERASE).then().statusCode(400);
    alice.authorized().delete("/api/v1/me").then().statusCode(405);
    alice.get(id).statusCode(200);
  }

  /** A stored response would be a trace of the user. */
  @Test
  void itStoresNoResponse() throws SQLException {
    String key = UUID.randomUUID().toString();
    for (int i = 0; i < 2; i++) {
      alice
          .authorized()
          .header("Idempotency-Key", key)
          .contentType(ContentType.JSON)
          .body(Map.of("confirm", "erase"))
          .post(ERASE)
          .then()
          .statusCode(204)
          .header("Idempotency-Replayed", nullValue());
    }
    assertFalse(dump().contains(alice.name()));
  }

  @Test
  void aKeyCanBeUsedAgainAfterwards() {
    String key = UUID.randomUUID().toString();
    for (int i = 0; i < 2; i++) {
      alice
          .request()
          .header("Idempotency-Key", key)
          .contentType(ContentType.JSON)
          .body(Map.of("title", "run " + i))
          .post(User.TASKS)
          .then()
          .statusCode(201)
          .header("Idempotency-Replayed", nullValue());
      erase(alice).statusCode(204);
    }
  }

  @Test
  void streamsEndAndCursorsAreGone() throws Exception {
    alice.has("first");
    String cursor = alice.request().get(EventReader.CHANGES).path("cursor");
    try (EventReader stream = EventReader.of(alice, "?since=" + cursor)) {
      stream.next("up-to-date");
      erase(alice).statusCode(204);
      assertEquals("erased", stream.next("end").json().getString("reason"));
    }
    alice.request().get(EventReader.CHANGES + "?since=" + cursor).then().statusCode(410);

    alice.has("a new beginning");
    alice.request().get(EventReader.CHANGES + "?since=" + cursor).then().statusCode(410);
    alice
        .request()
        .get(EventReader.CHANGES)
        .then()
        .body("changes.title", contains("a new beginning"));
  }

  /** In bounded statements. */
  @Test
  void manyTasksAreErased() {
    TestDatabase.execute(
        """
        insert into task (id, user_id, title, completed, deleted, created_at, updated_at, search,
          title_key)
        select nextval('task_id_seq'), '%s', 'a', false, n %% 2 = 0, now(), now(), 'a', 'a'
        from generate_series(1, 2500) n
        """
            .formatted(alice.name()));

    erase(alice).statusCode(204);

    assertEquals(
        0L,
        (long)
            TestDatabase.query(
                Long.class, "(select count(*) from task where user_id = '" + alice.name() + "')"));
  }

  /** It waits for a request of a new user, whose counter nobody else sees yet. */
  @Test
  void aRequestUnderWayIsErasedToo() throws Exception {
    try (Connection connection = TestDatabase.connect()) {
      connection.setAutoCommit(false);
      try (Statement sql = connection.createStatement()) {
        sql.execute(
            """
            insert into task (id, user_id, title, completed, deleted, created_at, updated_at, search,
              title_key)
            values (nextval('task_id_seq'), '%s', 'a', false, false, now(), now(), 'a', 'a')
            """
                .formatted(alice.name()));
      }
      CompletableFuture<Integer> erased =
          CompletableFuture.supplyAsync(() -> erase(alice).extract().statusCode(), Threads.EACH);
      TestDatabase.awaitWaiter(connection);
      connection.commit();
      assertEquals(204, erased.join());
    }
    assertFalse(dump().contains(alice.name()));
  }

  @Test
  void itWorksWhileTheUserCreatesTasks() throws Exception {
    List<Integer> statuses = new ArrayList<>();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; i < 100; i++) {
                statuses.add(
                    alice
                        .authorized()
                        .contentType(ContentType.JSON)
                        .body("{}")
                        .post(User.TASKS)
                        .statusCode());
              }
            });
    writer.start();
    for (int i = 0; i < 10; i++) {
      int status = erase(alice).extract().statusCode();
      assertTrue(status == 204 || status == 409, "" + status);
    }
    writer.join();

    assertEquals(List.of(201), statuses.stream().distinct().toList());
    int left = alice.list("?limit=1000").extract().<List<?>>path("$").size();
    assertEquals(left, (int) alice.request().get("/api/v1/me").path("tasks.open"));
    List<?> changes = alice.request().get(EventReader.CHANGES + "?limit=1000").path("changes");
    assertEquals(left, changes.size());
  }
}
