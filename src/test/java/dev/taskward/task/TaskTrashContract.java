package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Deleted tasks: list, restore and purge time. */
@QuarkusTest
class TaskTrashContract {

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

  private ValidatableResponse restore(long id) {
    return alice.request().post(User.TASKS + "/{id}/restore", id).then();
  }

  private ValidatableResponse restoreIf(long id, String tag) {
    return alice.request().header("If-Match", tag).post(User.TASKS + "/{id}/restore", id).then();
  }
}
