package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.SmallLimits;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With a quota of five tasks. */
@QuarkusTest
@TestProfile(SmallLimits.class)
class TaskQuotaContract {

  private static final String SEVENTEEN_KEYS =
      IntStream.range(0, 17)
          .mapToObj(i -> "\"k" + i + "\": \"\"")
          .collect(Collectors.joining(",", "{", "}"));

  User alice = User.fresh();

  @Test
  void aUserAtTheQuotaCannotCreateMoreTasks() {
    long id = 0;
    for (int i = 0; i < 5; i++) {
      id = alice.has("task " + i);
    }

    for (int i = 0; i < 2; i++) {
      alice
          .post(Map.of("title", "One more"))
          .statusCode(403)
          .contentType("application/problem+json")
          .body(
              "detail",
              equalTo("You have reached the limit of 5 tasks. Deleted tasks count, too."));
    }
    alice.put(id, Map.of("title", "Changed")).statusCode(200);
    alice.delete(id).statusCode(204); // a deleted task counts too
    alice.post(Map.of("title", "One more")).statusCode(403);
    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);
    assertEquals(5, alice.list("").extract().jsonPath().getList("").size());

    User.fresh().has("another user's");
  }

  @Test
  void anEmptiedTrashMakesRoom() {
    for (int i = 0; i < 5; i++) {
      alice.delete(alice.has("task " + i)).statusCode(204);
    }
    alice.post(Map.of("title", "One more")).statusCode(403);

    alice.request().delete(User.TASKS + "?deleted=true").then().statusCode(204);

    alice.has("One more");
  }

  /** A refused task takes no number of a change. */
  @Test
  void aRefusedTaskChangesNothing() {
    for (int i = 0; i < 5; i++) {
      alice.has("task " + i);
    }
    String cursor = alice.request().get(EventReader.CHANGES).path("cursor");

    alice.post(Map.of("title", "One more")).statusCode(403);

    assertEquals(cursor, alice.request().get(EventReader.CHANGES).path("cursor"));
    assertEquals(5, (int) alice.request().get("/api/v1/me").path("tasks.open"));
  }

  @Test
  void invalidTasksDoNotCountTowardsTheQuota() {
    for (int i = 0; i < 10; i++) {
      alice.postText("{\"title\": 1}").statusCode(400);
      alice.postText("{\"due\": \"2026-01-13\", \"due_zone\": \"UTC\"}").statusCode(400);
      alice.postText("{\"metadata\": " + SEVENTEEN_KEYS + "}").statusCode(400);
    }
    for (int i = 0; i < 5; i++) {
      alice.has("task " + i);
    }
  }

  @Test
  void theCreationsOfABatchCountTogether() {
    alice.has("one");
    alice.delete(alice.has("two")).statusCode(204);
    String cursor = alice.request().get(EventReader.CHANGES).path("cursor");

    for (int attempt = 0; attempt < 2; attempt++) {
      batch(4, List.of())
          .statusCode(409)
          .body("failures.operation", contains(0, 1, 2, 3))
          .body("failures.status", everyItem(equalTo(403)))
          .body(
              "failures[0].detail",
              equalTo("You have reached the limit of 5 tasks. Deleted tasks count, too."));
    }
    assertEquals(cursor, alice.request().get(EventReader.CHANGES).path("cursor"));

    batch(4, List.of(Map.of("op", "delete", "id", TaskId.MAX)))
        .statusCode(409)
        .body("failures.operation", contains(0, 1, 2, 3, 4))
        .body("failures.status", contains(403, 403, 403, 403, 404));
    batch(3, List.of(Map.of("op", "delete", "id", TaskId.MAX)))
        .statusCode(409)
        .body("failures.operation", contains(3));

    batch(3, List.of()).statusCode(200);
    alice.post(Map.of("title", "One more")).statusCode(403);
  }

  /** Its counter does not exist yet. */
  @Test
  void aFirstBatchBeyondTheQuotaIsRefused() {
    batch(6, List.of()).statusCode(409);
    TaskExportContract.importInto(alice, "{}\n".repeat(6)).statusCode(403);
    batch(5, List.of()).statusCode(200);
  }

  @Test
  void theTasksOfAnImportCountTogether() {
    alice.has("one");

    TaskExportContract.importInto(alice, "{}\n".repeat(5))
        .statusCode(403)
        .body(
            "detail", equalTo("You have reached the limit of 5 tasks. Deleted tasks count, too."));
    assertEquals(1, alice.list("").extract().jsonPath().getList("").size());

    TaskExportContract.importInto(alice, "{\"deleted\": true}\n".repeat(4)).statusCode(200);
    alice.post(Map.of("title", "One more")).statusCode(403);
  }

  private ValidatableResponse batch(int creations, List<Map<String, Object>> others) {
    List<Object> operations =
        new ArrayList<>(
            Collections.nCopies(creations, TaskBatchContract.create(Map.of("title", "new"))));
    operations.addAll(others);
    return alice
        .request()
        .contentType("application/json")
        .body(Map.of("operations", operations))
        .post(TaskBatchContract.BATCH)
        .then();
  }

  @Test
  void parallelBatchesStopAtTheQuota() {
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> batch(2, List.of()).extract().statusCode(), Threads.EACH))
            .toList();

    assertEquals(2, answers.stream().filter(answer -> answer.join() == 200).count());
    assertEquals(4, (int) alice.request().get("/api/v1/me").path("tasks.open"));
  }

  /** They find no counter, and may create it at the same time. */
  @Test
  void theFirstRequestsOfAUserAreNotOverTheQuota() {
    for (int round = 0; round < 40; round++) {
      alice = User.fresh();
      List<CompletableFuture<Integer>> answers =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () ->
                              (i % 2 == 0 ? batch(1, List.of()) : alice.post(Map.of("title", "x")))
                                  .extract()
                                  .statusCode(),
                          Threads.EACH))
              .toList();
      assertEquals(
          List.of(200, 200, 201, 201),
          answers.stream().map(CompletableFuture::join).sorted().toList());
    }
  }

  @Test
  void parallelCreatesStopAtTheQuota() {
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> alice.post(Map.of("title", "x")).extract().statusCode(),
                        Threads.EACH))
            .toList();

    long created = answers.stream().filter(answer -> answer.join() == 201).count();
    assertEquals(5, created);
    alice.post(Map.of("title", "x")).statusCode(403);
  }
}
