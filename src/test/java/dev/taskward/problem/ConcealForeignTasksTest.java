package dev.taskward.problem;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ApiDocument;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.Header;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(UnusualSettings.class)
class ConcealForeignTasksTest {

  private static final List<Header> HEADERS =
      List.of(
          new Header("If-Match", "\"1\""),
          new Header("If-Match", "\"9\""),
          new Header("If-Match", "*"),
          new Header("If-Match", "malformed"),
          new Header("If-None-Match", "*"),
          new Header("If-None-Match", "\"1\""),
          new Header("Idempotency-Key", "the same for all"));

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void anotherUsersTaskLooksLikeAnUnknownId() {
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        long id = alice.has("Mine");
        Response foreign = operation.send(bob.request(), id);
        Response unknown = operation.send(bob.request(), 9_000_000_000_000_000L);

        assertEquals(404, foreign.statusCode(), operation.toString());
        assertEquals(members(unknown), members(foreign), operation.toString());
        assertEquals(names(unknown), names(foreign), operation.toString());
      }
    }
  }

  /** In every state of the task and with every header. */
  @Test
  void noHeaderRevealsAnotherUsersTask() {
    long living = alice.has("Mine");
    long completed = alice.has("Mine");
    alice.flip(completed).statusCode(200);
    long deleted = alice.has("Mine");
    alice.delete(deleted).statusCode(204);
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        for (Header header : HEADERS) {
          Response unknown =
              operation.send(bob.roughRequest().header(header), 9_000_000_000_000_000L);
          for (long id : List.of(living, completed, deleted)) {
            Response foreign = operation.send(bob.roughRequest().header(header), id);

            String what = operation + " " + header + " " + id;
            assertEquals(404, foreign.statusCode(), what);
            assertEquals(members(unknown), members(foreign), what);
            assertEquals(names(unknown), names(foreign), what);
          }
        }
      }
    }
    alice.get(living).body("version", equalTo(1));
    alice.get(completed).body("version", equalTo(2));
    alice.list("?deleted=true").body("version", contains(2));
  }

  @Test
  void aBatchRevealsNoTaskEither() {
    long id = alice.has("Mine");
    for (long each : List.of(id, 9_000_000_000_000_000L)) {
      bob.request()
          .contentType("application/json")
          .body(Map.of("operations", List.of(Map.of("op", "delete", "id", each))))
          .post(User.TASKS + "/batch")
          .then()
          .statusCode(409)
          .body("failures.status", contains(404))
          .body("failures.detail", contains("There is no task with this id."));
    }
    alice.get(id).statusCode(200);
  }

  private static List<String> names(Response response) {
    return response.headers().asList().stream().map(Header::getName).toList();
  }

  /** All members except the two that identify the request. */
  private static Map<String, Object> members(Response problem) {
    Map<String, Object> members = problem.jsonPath().getMap("$");
    members.remove("instance");
    members.remove("trace_id");
    return members;
  }
}
