package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Another user tries every operation of the OpenAPI document, including those added later. */
@QuarkusTest
class TaskIsolationContract {

  private static final String MARK = "only for alice's eyes";

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void theDocumentHasOperationsToTry() {
    List<Operation> operations = ApiDocument.operations();

    assertTrue(operations.size() >= 8, operations.toString());
    assertTrue(operations.stream().anyMatch(Operation::isAboutOneTask));
  }

  @Test
  void noOperationReachesAnotherUsersTask() {
    for (Operation operation : ApiDocument.operations()) {
      long id = alicesTask();
      Map<?, ?> before = alice.get(id).extract().as(Map.class);

      Response answer = operation.send(bob.request(), id);

      String body = answer.asString();
      assertEquals(operation.isAboutOneTask(), answer.statusCode() == 403, operation + ": " + body);
      assertFalse(body.contains(MARK), operation + ": " + body);
      assertFalse(body.contains(alice.name()), operation + ": " + body);
      assertEquals(before, alice.get(id).extract().as(Map.class), operation.toString());
    }
  }

  @Test
  void theSameRequestsWorkForTheOwner() {
    for (Operation operation : ApiDocument.operations()) {
      int status = operation.send(alice.request(), alicesTask()).statusCode();

      assertTrue(status >= 200 && status < 300, operation + ": " + status);
    }
  }

  @Test
  void noOperationWorksWithoutAToken() {
    for (Operation operation : ApiDocument.operations()) {
      long id = alicesTask();

      operation
          .send(User.withoutToken(), id)
          .then()
          .statusCode(401)
          .header("WWW-Authenticate", equalTo("Bearer"));
    }
  }

  @Test
  void anotherUsersTaskIsForbidden() {
    long id = alicesTask();

    bob.get(id)
        .statusCode(403)
        .contentType("application/problem+json")
        .body("keySet()", contains("type", "title", "status", "detail", "instance", "trace_id"))
        .body("detail", equalTo("This resource belongs to another user."));
  }

  /** Another user neither learns that the task is deleted nor can restore it. */
  @Test
  void anotherUsersDeletedTaskIsForbiddenToo() {
    for (Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        long id = alicesTask();
        String detail = operation.send(bob.request(), id).jsonPath().getString("detail");
        alice.delete(id).statusCode(204);

        Response answer = operation.send(bob.request(), id);

        assertEquals(403, answer.statusCode(), operation.toString());
        assertEquals(detail, answer.jsonPath().getString("detail"), operation.toString());
        alice.list("?deleted=true").body("id", hasItem((int) id));
      }
    }
  }

  @Test
  void noListQueryShowsAnotherUsersTasks() {
    alice.delete(alicesTask()).statusCode(204);
    alicesTask();
    for (String query :
        List.of(
            "?deleted=true",
            "?deleted=false",
            "?q=eyes",
            "?q=eyes&deleted=true",
            "?created_since=2000-01-01T00:00:00Z",
            "?updated_since=2000-01-01T00:00:00Z",
            "?sort=title",
            "?sort=-updated_at",
            "?completed=false")) {
      alice.list(query + "&count=true").header("Total-Count", equalTo("1"));
      bob.list(query + "&count=true").header("Total-Count", equalTo("0")).body("$", empty());
    }
  }

  @Test
  void aListShowsExactlyTheCurrentUsersTasks() {
    alicesTask();
    bob.has("b1");
    bob.has("b2");

    alice.list("").body("title", contains(MARK));
    bob.list("").body("title", contains("b2", "b1"));
  }

  @Test
  void anotherUsersCursorIsRefused() {
    bob.has("b1");
    alicesTask();
    alicesTask();
    String next = alice.list("?limit=1").extract().header("Link");
    String cursor = next.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1");

    bob.list("?cursor=" + cursor).statusCode(400).body("errors.field", contains("cursor"));
  }

  @Test
  void noUserIdIsTakenFromHeadersOrQuery() {
    long id = alicesTask();

    bob.roughRequest()
        .header("X-User-Id", alice.name())
        .header("user_id", alice.name())
        .header("X-Forwarded-User", alice.name())
        .get(User.TASKS + "/" + id)
        .then()
        .statusCode(403);
    bob.roughRequest().get(User.TASKS + "?user_id=" + alice.name()).then().statusCode(400);
    bob.roughRequest()
        .get(User.TASKS + "/" + id + "?user_id=" + alice.name())
        .then()
        .statusCode(403);
    bob.roughRequest()
        .contentType(ContentType.JSON)
        .body(Map.of("title", "Mine now", "user_id", bob.name(), "id", id))
        .put(User.TASKS + "/" + id)
        .then()
        .statusCode(403);
    alice.get(id).body("title", equalTo(MARK)).body("user_id", equalTo(alice.name()));
  }

  private long alicesTask() {
    return alice.has(MARK);
  }
}
