package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two processes of the packaged application share one database. */
@Tag("system")
class TwoInstancesIT {

  private static final List<PackagedApplication.Running> INSTANCES = new ArrayList<>();

  private static EmbeddedPostgres postgres;

  final HttpClient client = HttpClient.newHttpClient();
  final User alice = User.fresh();
  final String key = UUID.randomUUID().toString();

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.start();
    for (int i = 0; i < 2; i++) {
      INSTANCES.add(
          new PackagedApplication.Running(
              Map.of(
                  "DATABASE_URL",
                  "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres",
                  "BETTER_AUTH_SECRET",
                  Tokens.SECRET,
                  "TASKWARD_RATE_LIMIT_ENABLED",
                  "true",
                  "TASKWARD_RATE_LIMIT_STORE",
                  "postgresql",
                  "TASKWARD_RATE_LIMIT_USER_REQUESTS",
                  "60",
                  "TASKWARD_RATE_LIMIT_PERIOD",
                  "1H")));
    }
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    for (PackagedApplication.Running instance : INSTANCES) {
      instance.stop();
    }
    postgres.close();
  }

  @Test
  void repeatsSentToBothInstancesHaveOneEffect() {
    List<HttpResponse<String>> answers =
        IntStream.range(0, 50).mapToObj(i -> send(i, "{}")).toList().stream()
            .map(CompletableFuture::join)
            .toList();

    List<HttpResponse<String>> created =
        answers.stream().filter(answer -> answer.statusCode() == 201).toList();
    assertEquals(
        1,
        created.stream()
            .filter(a -> a.headers().firstValue("Idempotency-Replayed").isEmpty())
            .count());
    assertEquals(1, created.stream().map(HttpResponse::body).distinct().count());
    assertEquals(50 - created.size(), answers.stream().filter(a -> a.statusCode() == 409).count());
    for (int instance : List.of(0, 1)) {
      HttpResponse<String> repeat = send(instance, "{}").join();
      assertEquals(created.get(0).body(), repeat.body());
      assertEquals(
          created.get(0).headers().map().get("location"), repeat.headers().map().get("location"));
      assertEquals(422, send(instance, "{\"title\": \"Other\"}").join().statusCode());
    }
    assertEquals(
        1,
        RestAssured.given()
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .get(INSTANCES.get(1).url(User.TASKS))
            .jsonPath()
            .getList("")
            .size());
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGSTOP")
  void aSuspendedInstanceKeepsNoRowLocked() throws Exception {
    int id = INSTANCES.get(1).create(alice.authorized());
    CompletableFuture<HttpResponse<String>> change;
    try (Connection transaction = postgres.getPostgresDatabase().getConnection();
        Statement locking = transaction.createStatement()) {
      transaction.setAutoCommit(false);
      locking.execute("select from task where id = " + id + " for update");
      change = delete(0, id);
      TestDatabase.awaitWaiter(transaction);
      INSTANCES.get(0).signal("STOP");
      transaction.rollback();

      locking.execute("set lock_timeout = '15s'");
      locking.execute("select from task where id = " + id + " for update");
      transaction.rollback();
    } finally {
      INSTANCES.get(0).signal("CONT");
    }
    assertEquals(503, change.join().statusCode());
    assertEquals(204, delete(1, id).join().statusCode());
  }

  private CompletableFuture<HttpResponse<String>> delete(int instance, int id) {
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create(INSTANCES.get(instance).url(User.TASKS + "/" + id)))
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .DELETE()
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void bothInstancesShareTheRateLimit() {
    List<Integer> answers =
        IntStream.range(0, 70).map(i -> send(i, "{}").join().statusCode()).boxed().toList();

    assertEquals(60, answers.indexOf(429), answers.toString());
    assertEquals(10, answers.stream().filter(status -> status == 429).count());
    assertEquals(429, send(0, "{}").join().statusCode());
    assertEquals(429, send(1, "{}").join().statusCode());
  }

  private CompletableFuture<HttpResponse<String>> send(int instance, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(INSTANCES.get(instance % 2).url(User.TASKS)))
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(body))
            .build();
    return client.sendAsync(request, BodyHandlers.ofString());
  }
}
