package dev.taskward.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service with few threads, two connections and a short queue, whose database falls silent. */
@QuarkusTest
@TestProfile(OverloadTest.Small.class)
class OverloadTest {

  private static final int THREADS = 8;
  private static final int QUEUE = 8;

  public static class Small implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.thread-pool.max-threads", Integer.toString(THREADS),
          "quarkus.thread-pool.queue-size", Integer.toString(QUEUE),
          "quarkus.datasource.jdbc.max-size", "2",
          "quarkus.datasource.jdbc.acquisition-timeout", "3S",
          "taskward.max-queue-time", "500MS");
    }
  }

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();
  final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void whatIsBeyondCapacityIs503AtOnceAndTheRestIsBounded() {
    long id = alice.has("Buy milk");
    wire.freeze();
    long start = System.nanoTime();

    List<CompletableFuture<Answer>> sent = Stream.generate(() -> get(id)).limit(100).toList();
    List<Answer> first =
        sent.stream()
            .map(a -> a.copy().completeOnTimeout(null, 2, TimeUnit.SECONDS).join())
            .toList();
    RestAssured.get(TestDatabase.management("/q/health/live")).then().statusCode(200);
    assertTrue(threads() <= THREADS, threads() + " threads");

    List<Answer> shed = first.stream().filter(answer -> answer != null).toList();
    assertTrue(shed.size() >= 100 - THREADS - QUEUE, shed.size() + " of 100");
    for (Answer answer : shed) {
      assertEquals(503, answer.status);
      assertEquals("5", answer.retryAfter);
      assertEquals("application/problem+json", answer.type);
      assertEquals(503, new JsonObject(answer.body).getInteger("status"));
    }
    wire.mend();
    for (int i = 0; i < 10; i++) {
      alice.get(id).statusCode(200);
    }
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void whatWaitedTooLongForAThreadIsNotServedLate() {
    long id = alice.has("Buy milk");
    wire.freeze();
    long start = System.nanoTime();

    // Those with a thread wait 3 s for a connection; those behind them are then too late, and do
    // not wait as long again.
    List<CompletableFuture<Answer>> sent =
        Stream.generate(() -> get(id)).limit(THREADS + QUEUE).toList();
    List<Answer> soon =
        sent.stream()
            .map(
                answer -> {
                  long left = TimeUnit.SECONDS.toNanos(5) - (System.nanoTime() - start);
                  return answer.copy().completeOnTimeout(null, left, TimeUnit.NANOSECONDS).join();
                })
            .filter(answer -> answer != null)
            .toList();

    assertTrue(soon.size() >= THREADS + QUEUE - 2, soon.size() + " answers"); // 2 connections
    assertEquals(
        List.of(503), sent.stream().map(answer -> answer.join().status).distinct().toList());
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
  }

  private record Answer(int status, String retryAfter, String type, String body) {
    static Answer of(HttpResponse<String> answer) {
      return new Answer(
          answer.statusCode(),
          answer.headers().firstValue("Retry-After").orElse(""),
          answer.headers().firstValue("Content-Type").orElse(""),
          answer.body());
    }
  }

  private CompletableFuture<Answer> get(long id) {
    return client
        .sendAsync(
            HttpRequest.newBuilder(
                    URI.create("http://localhost:" + RestAssured.port + User.TASKS + "/" + id))
                .header("Authorization", "Bearer " + Tokens.token(alice.name()))
                .build(),
            BodyHandlers.ofString())
        .thenApply(Answer::of);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("executor-thread"))
        .count();
  }
}
