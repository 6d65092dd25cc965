package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The changes of a user's tasks, page by page. */
@QuarkusTest
class TaskChangesContract {

  final User alice = User.fresh();

  @Test
  void aClientWithoutCopyGetsEveryTask() {
    long first = alice.has("first");
    long second = alice.has("second");
    alice.put(first, Map.of("title", "changed")).statusCode(200);
    alice.delete(second).statusCode(204);

    changes("")
        .body("changes.id", contains((int) first, (int) second))
        .body("changes.title", contains("changed", "second"))
        .body("changes.deleted", contains(false, true))
        .body("changes.version", contains(2, 2))
        .body("more", equalTo(false));
  }

  @Test
  void theCursorGivesLaterChangesOnly() {
    long id = alice.has("first");
    String cursor = cursor("");
    changes("?since=" + cursor).body("changes", empty()).body("cursor", equalTo(cursor));

    long second = alice.has("second");
    alice.flip(id).statusCode(200);
    alice.flip(id).statusCode(200);

    String next =
        changes("?since=" + cursor)
            .body("changes.id", contains((int) second, (int) id))
            .body("changes.version", contains(1, 3))
            .extract()
            .path("cursor");
    changes("?since=" + next).body("changes", empty());
  }

  @Test
  void everyWayOfWritingIsAChange() {
    long id = alice.has("Buy milk");
    List<Runnable> writes =
        List.of(
            () -> alice.put(id, Map.of("title", "Buy tea")).statusCode(200),
            () -> alice.patch(id, "{\"tags\": [\"home\"]}").statusCode(200),
            () -> alice.flip(id).statusCode(200),
            () -> complete(id, false),
            () -> alice.delete(id).statusCode(204),
            () -> alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200));
    int version = 1;
    for (Runnable write : writes) {
      String cursor = cursor("?since=now");
      write.run();
      version++;
      changes("?since=" + cursor)
          .body("changes.id", contains((int) id))
          .body("changes.version", contains(version));
    }
  }

  private void complete(long id, boolean completed) {
    alice
        .request()
        .contentType("application/json")
        .body(Map.of("completed", completed))
        .patch(User.TASKS + "/{id}/complete", id)
        .then()
        .statusCode(200);
  }

  @Test
  void aRequestWithoutChangeMovesNothing() {
    long id = alice.has("Buy milk");
    String cursor = cursor("");

    alice.put(id, Map.of("title", "Buy milk")).statusCode(200);
    alice
        .request()
        .header("If-Match", "\"7\"")
        .delete(User.TASKS + "/" + id)
        .then()
        .statusCode(412);
    alice.postText("{\"title\": \"\"}").statusCode(400);
    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);

    changes("?since=now").body("cursor", equalTo(cursor));
  }

  @Test
  void nowIsTheEndOfTheChanges() {
    String beforeAny = cursor("?since=now");
    long id = alice.has("first");

    changes("?since=now").body("changes", empty()).body("more", equalTo(false));
    changes("?since=" + beforeAny).body("changes.id", contains((int) id));
  }

  @Test
  void pagesHaveEveryChangeOnce() {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      ids.add((int) alice.has("task " + i));
    }

    List<Integer> read = new ArrayList<>();
    String cursor = "";
    boolean more = true;
    while (more) {
      ValidatableResponse page = changes("?limit=2" + cursor);
      read.addAll(page.extract().path("changes.id"));
      cursor = "&since=" + page.extract().path("cursor");
      more = page.extract().path("more");
    }

    assertEquals(ids, read);
  }

  @Test
  void aRemovedTaskMakesEarlierCursorsGone() {
    long id = alice.has("first");
    alice.has("second");
    String before = cursor("");
    alice.delete(id).statusCode(204);
    String deleted = cursor("?since=" + before);

    alice.request().delete(User.TASKS + "/{id}?permanent=true", id).then().statusCode(204);

    alice
        .request()
        .get(EventReader.CHANGES + "?since=" + before)
        .then()
        .statusCode(410)
        .contentType("application/problem+json")
        .body("type", endsWith("cursor-gone"))
        .body("title", equalTo("Gone"));
    changes("?since=" + deleted).body("changes", empty());
    changes("").body("changes.title", contains("second"));
  }

  @Test
  void aClientThatBeginsAfterARemovalReadsAllPages() {
    for (String title : List.of("a", "b", "c", "d")) {
      alice.has(title);
    }
    long id = alice.has("removed");
    alice.delete(id).statusCode(204);
    String first = cursor("?limit=2");
    alice.request().delete(User.TASKS + "?deleted=true").then().statusCode(204);

    String second =
        changes("?limit=2&since=" + first)
            .body("changes.title", contains("c", "d"))
            .extract()
            .path("cursor");
    changes("?since=" + second).body("changes", empty());
  }

  @Test
  void anotherEpochOrAnEarlierStateMakesTheCursorGone() {
    alice.has("first");
    String cursor = cursor("");

    counter("seq = seq - 1");
    changesStatus("?since=" + cursor, 410);
    counter("seq = seq + 1");
    changesStatus("?since=" + cursor, 200);
    counter("epoch = epoch + 1");
    changesStatus("?since=" + cursor, 410);
    assertNotEquals(cursor, cursor(""));
  }

  private void counter(String change) {
    TestDatabase.execute(
        "update task_counter set " + change + " where user_id = '" + alice.name() + "'");
  }

  /** Only an operator can lose it, for example by a partial restore. */
  @Test
  void aLostCounterIsMadeAgain() {
    long open = alice.has("open");
    alice.flip(alice.has("completed")).statusCode(200);
    alice.delete(alice.has("deleted")).statusCode(204);
    String before = cursor("");
    TestDatabase.execute("delete from task_counter where user_id = '" + alice.name() + "'");

    alice.put(open, Map.of("title", "changed")).statusCode(200);

    assertTasks(1, 1, 1);
    changesStatus("?since=" + before, 410);
    changes("?limit=2").body("more", equalTo(true));
    changes("").body("changes.title", contains("completed", "deleted", "changed"));
    TestDatabase.execute("delete from task_counter where user_id = '" + alice.name() + "'");
    alice.has("another");
    assertTasks(2, 1, 1);
  }

  @Test
  void noUserSeesAnothersChanges() {
    User bob = User.fresh();
    String cursor = cursor("?since=now");
    bob.has("bob's");
    long id = alice.has("alice's");

    changes("?since=" + cursor).body("changes.id", contains((int) id));
    bob.roughRequest()
        .get(EventReader.CHANGES + "?since=" + cursor)
        .then()
        .statusCode(400)
        .body("errors.field", contains("since"));
  }

  @ParameterizedTest
  @CsvSource({
    "since=x, since",
    "since=, since",
    "limit=0, limit",
    "limit=1001, limit",
    "limit=x, limit",
    "deleted=true, deleted",
  })
  void anInvalidParameterIsRefused(String query, String field) {
    alice
        .roughRequest()
        .get(EventReader.CHANGES + "?" + query)
        .then()
        .statusCode(400)
        .body("errors.field", contains(field));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/json",
        "application/*, text/event-stream;q=0",
        "text/event-stream, application/json"
      })
  void jsonIsTheDefault(String accept) {
    alice
        .authorized()
        .header("Accept", accept)
        .get(EventReader.CHANGES)
        .then()
        .statusCode(200)
        .contentType("application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/tasks/changes",
        "/api/v1/tasks/changes/",
        "/api/v1/tasks/changes;a=b",
        "/api/v1/tasks/%63hanges"
      })
  void jsonIsTheDefaultAtEverySpellingOfThePath(String path) {
    alice
        .authorized()
        .urlEncodingEnabled(false)
        .get(path)
        .then()
        .statusCode(200)
        .contentType("application/json");
  }

  @Test
  void headHasNoBodyAndIsNoStream() {
    for (String accept : List.of("application/json", "text/event-stream")) {
      alice
          .authorized()
          .header("Accept", accept)
          .head(EventReader.CHANGES)
          .then()
          .statusCode(200)
          .contentType("application/json");
    }
  }

  @Test
  void anotherMediaTypeIsNotAcceptable() {
    alice
        .roughRequest()
        .header("Accept", "text/html")
        .get(EventReader.CHANGES)
        .then()
        .statusCode(406);
    alice
        .roughRequest()
        .header("Accept", "text/event-stream")
        .get(User.TASKS)
        .then()
        .statusCode(406);
  }

  /** Each writer's lock of the counter ends before the next one's begins, so none may be lost. */
  @Test
  void parallelWritesLoseNoChange() {
    String cursor = cursor("?since=now");
    List<CompletableFuture<Long>> created =
        IntStream.range(0, 100)
            .mapToObj(
                i -> CompletableFuture.supplyAsync(() -> alice.has("task " + i), Threads.EACH))
            .toList();
    List<Integer> read = new ArrayList<>();
    while (!created.stream().allMatch(CompletableFuture::isDone) || changed(cursor)) {
      ValidatableResponse page = changes("?since=" + cursor);
      read.addAll(page.extract().path("changes.id"));
      cursor = page.extract().path("cursor");
    }

    assertEquals(
        created.stream().map(id -> id.join().intValue()).sorted().toList(),
        read.stream().sorted().toList());
  }

  private boolean changed(String cursor) {
    return !changes("?since=" + cursor).extract().<List<?>>path("changes").isEmpty();
  }

  @Test
  void theCountersCountTheTasks() {
    long open = alice.has("open");
    long completed = alice.has("completed");
    long deleted = alice.has("deleted");
    alice.flip(completed).statusCode(200);
    alice.delete(deleted).statusCode(204);
    assertTasks(1, 1, 1);

    alice.delete(completed).statusCode(204);
    assertTasks(1, 0, 2);
    alice.request().post(User.TASKS + "/{id}/restore", completed).then().statusCode(200);
    assertTasks(1, 1, 1);
    alice.request().delete(User.TASKS + "?deleted=true").then().statusCode(204);
    alice.delete(open).statusCode(204);
    alice.request().delete(User.TASKS + "/{id}?permanent=true", open).then().statusCode(204);
    assertTasks(0, 1, 0);
  }

  private void assertTasks(int open, int completed, int deleted) {
    alice
        .request()
        .get("/api/v1/me")
        .then()
        .statusCode(200)
        .body("tasks.open", equalTo(open))
        .body("tasks.completed", equalTo(completed))
        .body("tasks.deleted", equalTo(deleted))
        .body("tasks.quota", equalTo(100_000));
  }

  @Test
  void meHasTheUserAndACursor() {
    alice.has("first");
    String cursor =
        alice
            .request()
            .get("/api/v1/me")
            .then()
            .statusCode(200)
            .header("Cache-Control", "no-store")
            .body("user_id", equalTo(alice.name()))
            .body("scopes", empty())
            .extract()
            .path("cursor");
    long id = alice.has("second");

    changes("?since=" + cursor).body("changes.id", contains((int) id));
    assertTrue(
        java.time.Instant.parse(alice.request().get("/api/v1/me").path("expires_at"))
            .isAfter(java.time.Instant.now()));
    User.withoutToken().get("/api/v1/me").then().statusCode(401);
  }

  private ValidatableResponse changes(String query) {
    return changesStatus(query, 200);
  }

  private ValidatableResponse changesStatus(String query, int status) {
    return alice.request().get(EventReader.CHANGES + query).then().statusCode(status);
  }

  private String cursor(String query) {
    return changes(query).extract().path("cursor");
  }
}
