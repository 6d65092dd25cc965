package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.swagger.v3.oas.models.parameters.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    alice.delete(alicesTask()).statusCode(204);
    List<?> trash = alice.list("?deleted=true").extract().as(List.class);
    for (Operation operation : ApiDocument.operations()) {
      long id = alicesTask();
      Map<?, ?> before = alice.get(id).extract().as(Map.class);

      Response answer = operation.send(bob.request(), id);

      String body = answer.asString();
      assertEquals(operation.isAboutOneTask(), answer.statusCode() == 403, operation + ": " + body);
      assertFalse(body.contains(MARK), operation + ": " + body);
      assertFalse(body.contains(alice.name()), operation + ": " + body);
      assertEquals(before, alice.get(id).extract().as(Map.class), operation.toString());
      // Emptying the trash has no id.
      assertEquals(trash, alice.list("?deleted=true").extract().as(List.class), "" + operation);
    }
    assertEquals(1, trash.size());
  }

  /** Parameters that read or remove deleted tasks, and those added later. */
  @Test
  void noParameterReachesAnotherUsersTask() {
    int sent = 0;
    for (Operation operation : ApiDocument.operations()) {
      for (Parameter parameter : operation.queryParameters()) {
        if (operation.isAboutOneTask()) {
          long living = alicesTask();
          long deleted = alicesTask();
          alice.delete(deleted).statusCode(204);
          for (long id : List.of(living, deleted)) {
            for (String flag : List.of("true", "false")) {
              Response answer =
                  operation.send(bob.request().queryParam(parameter.getName(), flag), id);

              String body = answer.asString();
              assertEquals(403, answer.statusCode(), operation + "?" + parameter.getName());
              assertFalse(body.contains(MARK) || body.contains(alice.name()), body);
              sent++;
            }
          }
          alice.get(living).statusCode(200).body("version", equalTo(1));
          alice.list("?deleted=true").body("id", hasItem((int) deleted));
        }
      }
    }
    assertTrue(sent >= 8, sent + " requests");
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
    Map<String, Object> task =
        Map.of(
            "title", MARK,
            "description", "a secret",
            "due", "2020-01-13T18:00",
            "due_zone", "Asia/Tokyo",
            "priority", "high",
            "tags", List.of("a", "b"),
            "position", "a0");
    alice.delete(idOf(alice.post(task))).statusCode(204);
    alice.flip(idOf(alice.post(task))).statusCode(200);
    alice.post(task).statusCode(201);
    List<String> queries =
        new ArrayList<>(
            List.of(
                "deleted=false&limit=10",
                "q=secret",
                "q=eyes&deleted=true",
                "created_since=2000-01-01T00:00:00Z",
                "updated_since=2000-01-01T00:00:00Z",
                "completed=false",
                "completed=true",
                "completed_since=2000-01-01T00:00:00Z",
                "tag=a",
                "tag=a&tag=b",
                "min_priority=low",
                "due_from=2020-01-01",
                "due_before=2021-01-01",
                "due_from=2020-01-13T18:00&due_before=2020-01-14&tz=Asia/Tokyo",
                "overdue=true&tz=UTC",
                "overdue=false&tz=UTC",
                "has_due=true"));
    for (Parameter parameter : operation("GET").queryParameters()) {
      String name = parameter.getName();
      if (name.equals("sort")) {
        for (Object order : parameter.getSchema().getEnum()) {
          queries.add("sort=" + order);
          queries.add("deleted=true&sort=" + order);
        }
      }
      assertTrue(
          Set.of("cursor", "count").contains(name)
              || queries.stream().anyMatch(query -> ("&" + query).contains("&" + name + "=")),
          "no query has " + name);
    }
    for (String query : queries) {
      alice.list("?" + query + "&count=true").header("Total-Count", matchesPattern("[12]"));
      bob.list("?" + query + "&count=true").header("Total-Count", equalTo("0")).body("$", empty());
    }
    alice.list("?has_due=false&count=true").header("Total-Count", equalTo("0"));
  }

  private static Operation operation(String method) {
    return ApiDocument.operations().stream()
        .filter(operation -> operation.method().equals(method) && !operation.isAboutOneTask())
        .findFirst()
        .orElseThrow();
  }

  private static long idOf(ValidatableResponse created) {
    return created.statusCode(201).extract().jsonPath().getLong("id");
  }

  /** Neither as the task to change nor by any other field. */
  @Test
  void noOperationOfABatchReachesAnotherUsersTask() {
    long living = alicesTask();
    long deleted = alicesTask();
    alice.delete(deleted).statusCode(204);
    long bobs = bob.has("bob's");
    for (long id : List.of(living, deleted)) {
      for (Map<String, Object> operation :
          List.<Map<String, Object>>of(
              Map.of("op", "update", "id", id, "task", Map.of("title", "Mine now")),
              Map.of("op", "update", "id", id, "if_version", 1, "task", Map.of()),
              Map.of("op", "complete", "id", id, "completed", true),
              Map.of("op", "delete", "id", id),
              Map.of("op", "restore", "id", id))) {
        Response answer =
            bob.request()
                .contentType(ContentType.JSON)
                .body(
                    Map.of(
                        "operations",
                        List.of(
                            Map.of(
                                "op",
                                "update",
                                "id",
                                bobs,
                                "task",
                                Map.of("title", "x", "id", id, "user_id", alice.name())),
                            operation)))
                .post(User.TASKS + "/batch");

        assertEquals(409, answer.statusCode(), operation.toString());
        assertEquals(List.of(403), answer.path("failures.status"), operation.toString());
        assertFalse(answer.asString().contains(MARK), answer.asString());
        assertFalse(answer.asString().contains(alice.name()), answer.asString());
      }
    }
    alice.get(living).body("version", equalTo(1));
    alice.list("?deleted=true").body("version", contains(2));
    bob.get(bobs).body("version", equalTo(1));
  }

  @Test
  void anExportAndAnImportConcernTheCurrentUserAlone() {
    long id = alicesTask();
    String file = alice.request().get(TaskExportContract.EXPORT).asString();
    assertFalse(bob.request().get(TaskExportContract.EXPORT).asString().contains(MARK));

    TaskExportContract.importInto(bob, file).statusCode(200);

    bob.list("").body("title", contains(MARK)).body("user_id", contains(bob.name()));
    alice.list("").body("id", contains((int) id));
    EraseContract.erase(bob).statusCode(204);
    alice.list("").body("id", contains((int) id));
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
    for (Object order :
        operation("GET").queryParameters().stream()
            .filter(parameter -> parameter.getName().equals("sort"))
            .flatMap(sort -> sort.getSchema().getEnum().stream())
            .toList()) {
      String sorted = "?sort=" + order;
      String next = alice.list(sorted + "&limit=1").extract().header("Link");
      String cursor = next.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1");

      bob.list(sorted + "&cursor=" + cursor)
          .statusCode(400)
          .body("errors.field", contains("cursor"));
    }
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
        .statusCode(400);
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
