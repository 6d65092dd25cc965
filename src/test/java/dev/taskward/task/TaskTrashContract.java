package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deleted tasks: list, read, restore, purge time and permanent removal. */
@QuarkusTest
class TaskTrashContract {

  private static final String TASK = User.TASKS + "/{id}";

  /** The message of {@link #countRemovedRows}. */
  private static final Pattern REMOVED = Pattern.compile("removed (\\d+) rows");

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @Test
  void deletedTasksAreListedWithTheirPurgeTime() {
    alice.has("kept");
    long a = alice.has("a");
    long b = alice.has("b");
    alice.delete(a);
    alice.delete(b);

    Map<String, String> task =
        alice
            .list("?deleted=true")
            .statusCode(200)
            .body("title", contains("b", "a"))
            .body("deleted", contains(true, true))
            .extract()
            .path("[0]");
    assertEquals(
        Duration.ofDays(30),
        Duration.between(
            Instant.parse(task.get("updated_at")), Instant.parse(task.get("purge_at"))));
    alice.list("").body("title", contains("kept")).body("purge_at", contains(nullValue()));
    alice.list("?deleted=false").body("title", contains("kept"));
  }

  @Test
  void aRestoredTaskHasItsFormerFields() {
    long id =
        alice
            .post(Map.of("title", "Buy milk", "description", "Two litres", "completed", true))
            .extract()
            .jsonPath()
            .getLong("id");
    String created = alice.get(id).extract().path("created_at");
    alice.delete(id).statusCode(204);

    restore(id)
        .statusCode(200)
        .header("ETag", equalTo("\"3\""))
        .body("title", equalTo("Buy milk"))
        .body("description", equalTo("Two litres"))
        .body("completed", equalTo(true))
        .body("deleted", equalTo(false))
        .body("purge_at", nullValue())
        .body("created_at", equalTo(created));
    alice.get(id).statusCode(200).header("ETag", equalTo("\"3\""));
    alice.list("").body("title", contains("Buy milk"));
    alice.list("?deleted=true").body("$", empty());
  }

  @Test
  void restoringATaskThatIsNotDeletedChangesNothing() {
    long id = alice.has("Buy milk");
    Map<?, ?> before = alice.get(id).extract().as(Map.class);

    assertEquals(before, restore(id).statusCode(200).extract().as(Map.class));
    restore(Long.MAX_VALUE).statusCode(404);
  }

  @Test
  void theEntityTagOfTheDeleteIsValidForTheRestore() {
    long id = alice.has("Buy milk");
    String tag = alice.delete(id).extract().header("ETag");

    restoreIf(id, "\"1\"").statusCode(412);
    alice.list("?deleted=true").body("title", contains("Buy milk"));
    restoreIf(id, tag).statusCode(200);
    restoreIf(id, tag).statusCode(412);
  }

  /** The purge runs once an hour. A due task cannot be restored in the meantime. */
  @Test
  void aTaskDueForPurgeCannotBeRestored() {
    long id = alice.has("Buy milk");
    alice.delete(id);
    TestDatabase.execute("update task set purge_at = now() where id = " + id);

    restore(id).statusCode(404);
    User.fresh()
        .request()
        .post(User.TASKS + "/{id}/restore", id)
        .then()
        .statusCode(403); // until the purge
  }

  @Test
  void aPurgedTaskIsUnknown() {
    long id = alice.has("Buy milk");
    alice.delete(id);
    TestDatabase.execute("delete from task where id = " + id);

    restore(id).statusCode(404);
    User.fresh().get(id).statusCode(404);
  }

  @Test
  void aDeletedTaskCanBeReadWithDeletedTrue() {
    long id = alice.has("Buy milk");
    readDeleted(alice, id).statusCode(404);
    alice.request().get(TASK + "?deleted=false", id).then().statusCode(200);
    String tag = alice.delete(id).extract().header("ETag");

    readDeleted(alice, id)
        .statusCode(200)
        .header("ETag", equalTo(tag))
        .body("title", equalTo("Buy milk"))
        .body("deleted", equalTo(true))
        .body("deleted_at", notNullValue())
        .body("purge_at", notNullValue());
    alice.request().get(TASK + "?deleted=false", id).then().statusCode(404);
    restore(id).statusCode(200);
    readDeleted(alice, id).statusCode(404);
    readDeleted(alice, Long.MAX_VALUE).statusCode(404);
  }

  @Test
  void aDeletedTaskThatTheClientHasIs304() {
    long id = alice.has("Buy milk");
    String tag = alice.delete(id).extract().header("ETag");

    for (String method : List.of("GET", "HEAD")) {
      unlessMatch(tag).request(method, TASK + "?deleted=true", id).then().statusCode(304);
      unlessMatch("\"1\"").request(method, TASK + "?deleted=true", id).then().statusCode(200);
    }
  }

  private RequestSpecification unlessMatch(String tag) {
    return alice.roughRequest().header("If-None-Match", tag);
  }

  @Test
  void aDeletedTaskCanBeRemovedPermanently() {
    long id = alice.has("Buy milk");
    remove(alice, id).statusCode(404);
    alice.get(id).statusCode(200);
    alice.request().delete(TASK + "?permanent=false", id).then().statusCode(204);
    readDeleted(alice, id).statusCode(200);

    remove(alice, id).statusCode(204).body(equalTo(""));

    for (Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        operation.send(alice.request(), id).then().statusCode(404);
      }
    }
    readDeleted(alice, id).statusCode(404);
    remove(alice, id).statusCode(404);
    alice.list("").body("$", empty());
    alice.list("?deleted=true").body("$", empty());
    readDeleted(User.fresh(), id).statusCode(404);
  }

  @Test
  void aPermanentRemovalHonoursIfMatch() {
    long id = alice.has("Buy milk");
    String tag = alice.delete(id).extract().header("ETag");

    alice
        .request()
        .header("If-Match", "\"1\"")
        .delete(TASK + "?permanent=true", id)
        .then()
        .statusCode(412);
    readDeleted(alice, id).statusCode(200);
    alice
        .request()
        .header("If-Match", tag)
        .delete(TASK + "?permanent=true", id)
        .then()
        .statusCode(204);
  }

  @Test
  void anotherUsersTaskIsForbiddenDeletedOrNot() {
    User bob = User.fresh();
    long id = alice.has("Buy milk");
    readDeleted(bob, id).statusCode(403);
    remove(bob, id).statusCode(403);
    alice.get(id).statusCode(200);
    alice.delete(id);

    readDeleted(bob, id).statusCode(403);
    remove(bob, id).statusCode(403);
    readDeleted(alice, id).statusCode(200).body("version", equalTo(2));
  }

  @Test
  void emptyingTheTrashRemovesTheUsersDeletedTasksOnly() {
    User bob = User.fresh();
    long id = alice.has("deleted");
    alice.has("kept");
    alice.delete(id);
    bob.delete(bob.has("bob's"));

    emptyTrash().statusCode(204).body(equalTo(""));
    emptyTrash().statusCode(204); // it is empty

    restore(id).statusCode(404);
    alice.list("").body("title", contains("kept"));
    alice.list("?deleted=true").body("$", empty());
    bob.list("?deleted=true").body("title", contains("bob's"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "?deleted=false"})
  void emptyingTheTrashNeedsDeletedTrue(String query) {
    long id = alice.has("deleted");
    alice.has("kept");
    alice.delete(id);

    alice
        .roughRequest()
        .delete(User.TASKS + query)
        .then()
        .statusCode(400)
        .body("errors.field", contains("deleted"))
        .body("errors.message", contains("must be true"));
    alice.list("").body("title", contains("kept"));
    alice.list("?deleted=true").body("title", contains("deleted"));
  }

  @Test
  void noStatementRemovesMoreThanAThousandTasks() {
    User bob = User.fresh();
    hasDeleted(alice, 2_500);
    hasDeleted(bob, 1_200);
    alice.has("kept");
    countRemovedRows(true);
    try {
      wire.reset();
      emptyTrash().statusCode(204);
    } finally {
      countRemovedRows(false);
    }

    List<Integer> removed =
        wire.notices().stream()
            .map(REMOVED::matcher)
            .filter(Matcher::find)
            .map(notice -> Integer.valueOf(notice.group(1)))
            .toList();
    assertEquals(2_500, removed.stream().mapToInt(Integer::intValue).sum(), removed.toString());
    assertTrue(removed.stream().allMatch(rows -> rows <= 1_000), removed.toString());
    alice.list("?deleted=true").body("$", empty());
    alice.list("").body("title", contains("kept"));
    bob.list("?deleted=true&limit=1&count=true").header("Total-Count", equalTo("1200"));
  }

  private static void hasDeleted(User user, int tasks) {
    TestDatabase.execute(
        """
        insert into task (id, user_id, title, completed, deleted, created_at, updated_at, search,
          title_key)
        select nextval('task_id_seq'), '%s', 'a', false, true, now(), now(), 'a', 'a'
        from generate_series(1, %d)
        """
            .formatted(user.name(), tasks));
  }

  /** A trigger that sends the client a notice after each statement that removes tasks. */
  private static void countRemovedRows(boolean on) {
    TestDatabase.execute("drop function if exists count_removed() cascade");
    if (on) {
      TestDatabase.execute(
          """
          create function count_removed() returns trigger language plpgsql as $$
          begin
            raise notice 'removed % rows', (select count(*) from removed);
            return null;
          end $$;
          create trigger count_removed after delete on task referencing old table as removed
            for each statement execute function count_removed()
          """);
    }
  }

  @ParameterizedTest
  @CsvSource({"?deleted=true, 204", "/{id}?permanent=true, 404"})
  void aTaskThatIsBeingRestoredStays(String target, int status) throws Exception {
    long id = alice.has("restored");
    long other = alice.has("deleted");
    alice.delete(id);
    alice.delete(other);
    String url = User.TASKS + target.replace("{id}", Long.toString(id));
    try (Connection restoring = TestDatabase.connect()) {
      restoring.setAutoCommit(false);
      restoring
          .createStatement()
          .execute(
              "update task set deleted = false, deleted_at = null, purge_at = null,"
                  + " version = version + 1 where id = "
                  + id);
      CompletableFuture<Integer> removal =
          CompletableFuture.supplyAsync(() -> alice.request().delete(url).statusCode());
      TestDatabase.awaitWaiter(restoring);
      restoring.commit();

      assertEquals(status, removal.join());
    }
    alice.list("").body("title", contains("restored"));
    if (status == 204) {
      alice.list("?deleted=true").body("$", empty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "TRUE", "True", "1", "yes", "null", "true%20", "%2Btrue", "truefalse"})
  void aFlagIsTrueOrFalse(String value) {
    long id = alice.has("Buy milk");
    long deleted = alice.has("Buy tea");
    alice.delete(deleted);
    for (String[] request :
        new String[][] {
          {"GET", "/" + id, "deleted"},
          {"GET", "/" + deleted, "deleted"},
          {"DELETE", "/" + id, "permanent"},
          {"DELETE", "/" + deleted, "permanent"},
          {"DELETE", "", "deleted"}
        }) {
      alice
          .roughRequest()
          .urlEncodingEnabled(false)
          .request(request[0], User.TASKS + request[1] + "?" + request[2] + "=" + value)
          .then()
          .statusCode(400)
          .body("errors.field", contains(request[2]))
          .body("errors.message", contains("must be true or false"));
    }
    alice.list("").body("id", contains((int) id)).body("version", contains(1));
    alice.list("?deleted=true").body("id", contains((int) deleted));
  }

  private static ValidatableResponse readDeleted(User user, long id) {
    return user.request().get(TASK + "?deleted=true", id).then();
  }

  private static ValidatableResponse remove(User user, long id) {
    return user.request().delete(TASK + "?permanent=true", id).then();
  }

  private ValidatableResponse emptyTrash() {
    return alice.request().delete(User.TASKS + "?deleted=true").then();
  }

  private ValidatableResponse restore(long id) {
    return alice.request().post(User.TASKS + "/{id}/restore", id).then();
  }

  private ValidatableResponse restoreIf(long id, String tag) {
    return alice.request().header("If-Match", tag).post(User.TASKS + "/{id}/restore", id).then();
  }
}
