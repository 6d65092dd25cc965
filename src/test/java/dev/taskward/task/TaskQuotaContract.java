package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.SmallLimits;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With a quota of five tasks. It is so small that the service counts for every new task. */
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
    TestDatabase.proxy().reset();
    alice.post(Map.of("title", "One more")).statusCode(403);
    assertEquals(List.of(), TestDatabase.proxy().work(), "no second count right after a refusal");
    alice.put(id, Map.of("title", "Changed")).statusCode(200);
    alice.delete(id).statusCode(204); // a deleted task counts too
    alice.post(Map.of("title", "One more")).statusCode(403);
    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);
    assertEquals(5, alice.list("").extract().jsonPath().getList("").size());

    User.fresh().has("another user's");
  }

  /** After the pause between two counts. */
  @Test
  void anEmptiedTrashMakesRoom() throws InterruptedException {
    for (int i = 0; i < 5; i++) {
      alice.delete(alice.has("task " + i)).statusCode(204);
    }
    alice.post(Map.of("title", "One more")).statusCode(403);
    alice.request().delete(User.TASKS + "?deleted=true").then().statusCode(204);

    int status = 403;
    for (int i = 0; i < 100 && status == 403; i++) {
      Thread.sleep(100);
      status = alice.post(Map.of("title", "One more")).extract().statusCode();
    }
    assertEquals(201, status);
  }

  /** Counts of one user run one at a time. If the database is unavailable, they fail together. */
  @Test
  void failedCountsDoNotWaitOneAfterTheOther() throws InterruptedException {
    alice.has("Buy milk");
    TestDatabase.proxy().freeze();
    long start = System.nanoTime();
    try {
      List<CompletableFuture<ValidatableResponse>> answers =
          IntStream.range(0, 8)
              .mapToObj(i -> Map.of("title", "task " + i))
              .map(task -> CompletableFuture.supplyAsync(() -> alice.post(task), Threads.EACH))
              .toList();
      answers.forEach(answer -> answer.join().statusCode(503));
    } finally {
      TestDatabase.proxy().mend();
    }
    Duration waited = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(waited.toSeconds() < 5, waited.toString());

    Thread.sleep(1_100); // a failed count is not repeated for one second
    alice.has("Buy tea");
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
  void parallelCreatesStopNearTheQuota() {
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> alice.post(Map.of("title", "x")).extract().statusCode(),
                        Threads.EACH))
            .toList();

    long created = answers.stream().filter(answer -> answer.join() == 201).count();
    assertTrue(created >= 5 && created < 40, created + " were created");
    alice.post(Map.of("title", "x")).statusCode(403);
  }
}
