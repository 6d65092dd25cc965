package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Several operations in one request: all of them, or none. */
@QuarkusTest
class TaskBatchContract {

  static final String BATCH = User.TASKS + "/batch";

  final User alice = User.fresh();
  final User bob = User.fresh();

  static Map<String, Object> create(Map<String, Object> task) {
    return Map.of("op", "create", "task", task);
  }

  private static Map<String, Object> update(long id, Map<String, Object> task) {
    return Map.of("op", "update", "id", id, "task", task);
  }

  private static Map<String, Object> complete(long id, boolean completed) {
    return Map.of("op", "complete", "id", id, "completed", completed);
  }

  private static Map<String, Object> delete(long id) {
    return Map.of("op", "delete", "id", id);
  }

  private static Map<String, Object> restore(long id) {
    return Map.of("op", "restore", "id", id);
  }

  private static Map<String, Object> ifVersion(long version, Map<String, Object> operation) {
    Map<String, Object> conditional = new HashMap<>(operation);
    conditional.put("if_version", version);
    return conditional;
  }

  private static Map<String, Object> body(List<?> operations) {
    return Map.of("operations", operations);
  }

  private ValidatableResponse batch(Map<?, ?>... operations) {
    return send(alice.request(), body(List.of(operations)));
  }

  private static ValidatableResponse send(RequestSpecification request, Object body) {
    return request.contentType(ContentType.JSON).body(body).post(BATCH).then();
  }

  /** The body may violate the document. */
  private ValidatableResponse rough(Object body) {
    return send(alice.roughRequest(), body);
  }

  private ValidatableResponse refused(ValidatableResponse response) {
    return response
        .statusCode(409)
        .contentType("application/problem+json")
        .header("Retry-After", nullValue())
        .body("type", equalTo("urn:taskward:problem:batch-refused"));
  }

  private String cursor() {
    return alice.request().get(EventReader.CHANGES).path("cursor");
  }

  @Test
  void aBatchDoesAllKindsOfOperations() {
    long updated = alice.has("old");
    long completed = alice.has("open");
    long deleted = alice.has("unwanted");
    long restored = alice.has("wanted again");
    alice.delete(restored).statusCode(204);

    JsonPath results =
        batch(
                create(Map.of("title", "new", "due", "2026-01-13", "tags", List.of("a"))),
                update(updated, Map.of("title", "changed", "priority", "high")),
                complete(completed, true),
                delete(deleted),
                restore(restored))
            .statusCode(200)
            .body("keySet()", contains("results"))
            .body("results.status", contains(201, 200, 200, 204, 200))
            .body("results.version", contains(1, 2, 2, 2, 3))
            .extract()
            .jsonPath();

    List<Integer> ids = results.getList("results.id");
    assertEquals(
        List.of((int) updated, (int) completed, (int) deleted, (int) restored),
        ids.subList(1, ids.size()));
    alice
        .get(ids.get(0))
        .body("title", equalTo("new"))
        .body("due", equalTo("2026-01-13"))
        .body("tags", contains("a"))
        .header("ETag", equalTo("\"1\""));
    alice
        .get(updated)
        .body("title", equalTo("changed"))
        .body("priority", equalTo("high"))
        .header("ETag", equalTo("\"2\""));
    alice.get(completed).body("completed", equalTo(true)).body("version", equalTo(2));
    alice.get(deleted).statusCode(404);
    alice.get(restored).body("deleted", equalTo(false)).body("version", equalTo(3));
    alice
        .request()
        .get("/api/v1/me")
        .then()
        .body("tasks.open", equalTo(3))
        .body("tasks.completed", equalTo(1))
        .body("tasks.deleted", equalTo(1));
  }

  @Test
  void newTasksComeInTheOrderSent() {
    List<String> titles = IntStream.range(0, 100).mapToObj(i -> "task " + i).toList();

    List<Integer> ids =
        send(alice.request(), body(titles.stream().map(t -> create(Map.of("title", t))).toList()))
            .statusCode(200)
            .extract()
            .path("results.id");

    assertEquals(ids.stream().sorted().toList(), ids);
    assertEquals(titles, alice.list("?sort=created_at").extract().path("title"));
    assertEquals(titles, alice.request().get(EventReader.CHANGES).path("changes.title"));
  }

  /** Searches and orders use columns that no response has. */
  @Test
  void tasksOfABatchAreFoundAsOthers() {
    long id = alice.has("xyz");
    batch(
            create(
                Map.of("title", "Crème Brûlée 10", "due", "2026-01-13T10:00", "due_zone", "UTC")),
            create(Map.of("title", "creme brulee 9", "tags", List.of("sweet"))),
            update(id, Map.of("title", "CREME caramel", "due", "2026-01-12")))
        .statusCode(200);

    alice.list("?q=creme&sort=title").body("title", hasSize(3));
    alice.list("?q=brulee&sort=title").body("title", contains("creme brulee 9", "Crème Brûlée 10"));
    alice.list("?tag=sweet").body("title", contains("creme brulee 9"));
    alice.list("?q=xyz").body("$", empty());
    alice
        .list("?due_from=2026-01-01&sort=due")
        .body("title", contains("CREME caramel", "Crème Brûlée 10"));
  }

  /** The same operations, each in a request of its own, lead to the same tasks. */
  @Test
  void aBatchDoesWhatSingleRequestsDo() {
    Random random = new Random(34);
    for (int round = 0; round < 5; round++) {
      List<Long> mine = new ArrayList<>();
      List<Long> theirs = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Map<String, Object> task = Samples.task(random);
        mine.add(id(alice.post(task)));
        theirs.add(id(bob.post(task)));
        if (i % 4 == 0) {
          alice.delete(mine.get(i)).statusCode(204);
          bob.delete(theirs.get(i)).statusCode(204);
        }
      }
      List<Map<String, Object>> operations = new ArrayList<>();
      List<Integer> statuses = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Map<String, Object> task = Samples.task(random);
        boolean completed = random.nextBoolean();
        long id = theirs.get(i);
        if (i % 4 == 0) {
          operations.add(restore(mine.get(i)));
          statuses.add(restoreOf(bob, id));
        } else if (i % 4 == 1) {
          operations.add(update(mine.get(i), task));
          statuses.add(
              bob.authorized()
                  .contentType("application/merge-patch+json")
                  .body(io.vertx.core.json.Json.encodeToBuffer(task).getBytes())
                  .patch(User.TASKS + "/" + id)
                  .statusCode());
        } else if (i % 4 == 2) {
          operations.add(complete(mine.get(i), completed));
          statuses.add(
              bob.request()
                  .contentType(ContentType.JSON)
                  .body(Map.of("completed", completed))
                  .patch(User.TASKS + "/" + id + "/complete")
                  .statusCode());
        } else {
          operations.add(delete(mine.get(i)));
          statuses.add(bob.delete(id).extract().statusCode());
        }
        operations.add(create(task));
        bob.post(task).statusCode(201);
        statuses.add(201);
      }

      assertEquals(
          statuses, send(alice.request(), body(operations)).extract().path("results.status"));
      assertEquals(Samples.comparable(all(bob)), Samples.comparable(all(alice)));
    }
  }

  private static int restoreOf(User user, long id) {
    return user.request().post(User.TASKS + "/{id}/restore", id).statusCode();
  }

  private static long id(ValidatableResponse created) {
    return created.statusCode(201).extract().jsonPath().getLong("id");
  }

  private static List<Map<String, Object>> all(User user) {
    return Stream.of("?sort=created_at&limit=1000", "?sort=created_at&deleted=true&limit=1000")
        .flatMap(query -> user.list(query).extract().<List<Map<String, Object>>>path("$").stream())
        .toList();
  }

  @Test
  void anOperationThatChangesNothingKeepsTheVersion() {
    long id = alice.has("same");
    long open = alice.has("open");
    String before = cursor();

    batch(update(id, Map.of("title", "same")), complete(open, false))
        .statusCode(200)
        .body("results.version", contains(1, 1));

    assertEquals(before, cursor());
  }

  @Test
  void ifOneFailsNothingIsDone() {
    long id = alice.has("stays");
    String before = cursor();

    refused(
        batch(
            create(Map.of("title", "not stored")),
            update(id, Map.of("title", "changed")),
            delete(Long.MAX_VALUE >> 10)));

    assertEquals(before, cursor());
    alice.list("").body("title", contains("stays"));
    alice.get(id).body("version", equalTo(1));
  }

  @Test
  void allFailuresAreNamed() {
    long old = alice.has("changed meanwhile");
    alice.put(old, Map.of("title", "changed")).statusCode(200);
    long fine = alice.has("fine");
    long deleted = alice.has("deleted");
    alice.delete(deleted).statusCode(204);
    long noDue = alice.has("without due");
    long bobs = bob.has("bob's");

    refused(
            batch(
                ifVersion(1, update(old, Map.of("title", "mine"))),
                complete(fine, true),
                complete(deleted, true),
                update(noDue, Map.of("due_zone", "Europe/Berlin")),
                delete(bobs),
                restore((1L << 53) - 1)))
        .body("detail", equalTo("Nothing was done: 5 of the operations failed."))
        .body("failures.operation", contains(0, 2, 3, 4, 5))
        .body("failures.status", contains(412, 404, 400, 403, 404))
        .body("failures[0].detail", equalTo("if_version is not the task's current version."))
        .body("failures[0].keySet()", contains("operation", "status", "detail"))
        .body("failures[1].detail", equalTo("There is no task with this id."))
        .body("failures[2].errors.field", contains("operations[3].task.due_zone"))
        .body("failures[3].detail", equalTo("This resource belongs to another user."));
    alice.get(fine).body("completed", equalTo(false));
    bob.get(bobs).body("version", equalTo(1));
  }

  @Test
  void aConditionThatHoldsIsNoObstacle() {
    long id = alice.has("mine");
    long other = alice.has("other");

    batch(ifVersion(1, complete(id, true)), ifVersion(1, delete(other))).statusCode(200);
    batch(ifVersion(2, restore(other)), ifVersion(2, update(id, Map.of("title", "x"))))
        .statusCode(200)
        .body("results.version", contains(3, 3));
  }

  @Test
  void malformedOperationsAreNamedByTheirPlaces() {
    List<Object> operations = new ArrayList<>();
    operations.add(Map.of("op", "complete", "id", 1));
    operations.add(Map.of("op", "restore", "id", 1.5));
    operations.add(Map.of("op", "move", "id", 2));
    operations.add(create(Map.of("title", "", "due", "tomorrow")));
    operations.add(null);
    operations.add("delete");
    operations.add(Map.of("op", "delete", "id", "7"));
    operations.add(create(Map.of("due_zone", "Europe/Berlin")));
    operations.add(Map.of("op", "create"));
    operations.add(Map.of("op", "delete", "id", 8, "completed", true));
    operations.add(Map.of("id", 9));
    operations.add(Map.of("op", "delete", "id", 0));
    operations.add(Map.of("op", "delete", "id", 1L << 53));
    operations.add(ifVersion(0, delete(10)));
    operations.add(update(11, Collections.singletonMap("title", null)));
    operations.add(Map.of("op", "complete", "id", 12, "completed", "true"));
    operations.add(Map.of("op", "create", "task", Map.of("title", "x"), "id", 13));
    operations.add(Map.of("op", "delete", "id", new java.math.BigInteger("99999999999999999999")));

    rough(body(operations))
        .statusCode(400)
        .body("type", equalTo("about:blank"))
        .body(
            "errors.field",
            contains(
                "operations[0].completed",
                "operations[1].id",
                "operations[2].op",
                "operations[3].task.due",
                "operations[3].task.title",
                "operations[4]",
                "operations[5]",
                "operations[6].id",
                "operations[7].task.due_zone",
                "operations[8].task",
                "operations[9].completed",
                "operations[10].op",
                "operations[11].id",
                "operations[12].id",
                "operations[13].if_version",
                "operations[14].task.title",
                "operations[15].completed",
                "operations[16].id",
                "operations[17].id"));
    alice.list("").body("$", empty());
  }

  @Test
  void eachTaskCanComeOnce() {
    long id = alice.has("once");

    rough(body(List.of(complete(id, true), create(Map.of()), delete(id))))
        .statusCode(400)
        .body("errors.field", contains("operations[2].id"))
        .body("errors.message", contains("is the task of operations[0], too"));
  }

  @Test
  void aBatchHasOneToAHundredOperations() {
    for (Object body :
        List.of(
            Map.of(),
            body(List.of()),
            body(Collections.nCopies(101, create(Map.of()))),
            Collections.singletonMap("operations", null))) {
      rough(body)
          .statusCode(400)
          .body("errors.field", contains("operations"))
          .body("errors.message", contains("must be 1 to 100 operations"));
    }
    rough(Map.of("operations", "x")).statusCode(400).body("errors.field", contains("operations"));
    rough(Map.of("operations", List.of(create(Map.of())), "partial", true))
        .statusCode(400)
        .body("errors.field", contains("partial"));
    rough("[]").statusCode(400);
    rough("null").statusCode(400);
    alice.list("").body("$", empty());
  }

  @Test
  void aLargerBodyThanElsewhereIsRead() {
    String description = "d".repeat(500);
    Map<String, Object> task =
        Map.of("description", description, "metadata", Map.of("a", description, "b", description));
    send(alice.authorized(), body(Collections.nCopies(100, create(task)))).statusCode(200);

    String tooLarge = "{\"operations\": [%s]}".formatted(" ".repeat(256 * 1024));
    rough(tooLarge).statusCode(413);
  }

  @Test
  void aRepeatWithTheSameKeyDoesNothingMore() {
    String key = UUID.randomUUID().toString();
    Map<String, Object> body = body(List.of(create(Map.of("title", "once"))));
    List<Integer> ids =
        send(alice.request().header("Idempotency-Key", key), body).extract().path("results.id");

    send(alice.request().header("Idempotency-Key", key), body)
        .statusCode(200)
        .header("Idempotency-Replayed", equalTo("true"))
        .body("results.id", equalTo(ids));
    send(alice.request().header("Idempotency-Key", key), body(List.of(create(Map.of()))))
        .statusCode(422);
    alice.list("").body("title", contains("once"));
  }

  /** A refused batch stores no response, so its key can be used again. */
  @Test
  void aRefusedBatchDoesNotUseUpItsKey() {
    String key = UUID.randomUUID().toString();
    long id = alice.has("deleted");
    alice.delete(id).statusCode(204);
    Map<String, Object> body = body(List.of(complete(id, true)));
    refused(send(alice.request().header("Idempotency-Key", key), body));
    restoreOf(alice, id);

    send(alice.request().header("Idempotency-Key", key), body)
        .statusCode(200)
        .header("Idempotency-Replayed", nullValue());
  }

  @Test
  void parallelBatchesOfTheSameTasksAllSucceed() {
    List<Long> ids = IntStream.range(0, 10).mapToObj(i -> alice.has("task " + i)).toList();
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 24)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          List<Map<String, Object>> operations =
                              ids.stream()
                                  .map(id -> update(id, Map.of("title", "by " + i)))
                                  .collect(Collectors.toCollection(ArrayList::new));
                          operations.add(create(Map.of("title", "by " + i)));
                          Collections.shuffle(operations, new Random(i));
                          return send(alice.authorized(), body(operations)).extract().statusCode();
                        },
                        Threads.EACH))
            .toList();

    assertEquals(
        Collections.nCopies(24, 200), answers.stream().map(CompletableFuture::join).toList());
    List<String> titles =
        alice.list("?sort=created_at&limit=10").extract().<List<String>>path("title");
    assertEquals(1, titles.stream().distinct().count(), "each batch is atomic: " + titles);
    ids.forEach(id -> alice.get(id).body("version", equalTo(25)));
    assertEquals(34, (int) alice.request().get("/api/v1/me").path("tasks.open"));
  }

  /** A client that follows the changes sees a batch as a whole, in the order of its numbers. */
  @Test
  void theChangesHaveEveryTaskOfABatch() {
    long id = alice.has("first");
    String since = cursor();

    batch(create(Map.of("title", "a")), complete(id, true), create(Map.of("title", "b")))
        .statusCode(200);

    List<String> titles =
        alice.request().get(EventReader.CHANGES + "?since=" + since).path("changes.title");
    assertEquals(List.of("a", "b", "first"), titles.stream().sorted().toList());
  }

  @Test
  void aBatchTakesAtMostAFifthOfTheTimeOfSingleRequests() {
    double best = 1;
    for (int attempt = 0; attempt < 5 && best > 0.2; attempt++) {
      long start = System.nanoTime();
      for (int i = 0; i < 100; i++) {
        alice.has("single " + i);
      }
      double single = System.nanoTime() - start;
      start = System.nanoTime();
      send(alice.authorized(), body(Collections.nCopies(100, create(Map.of("title", "many")))))
          .statusCode(200);
      best = Math.min(best, (System.nanoTime() - start) / single);
    }
    assertTrue(best <= 0.2, "a batch takes " + best);
  }
}
