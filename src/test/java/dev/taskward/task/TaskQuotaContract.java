package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.SmallLimits;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
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

  final User alice = User.fresh();

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
