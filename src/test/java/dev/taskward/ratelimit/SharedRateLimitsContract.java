package dev.taskward.ratelimit;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With rate limits in the database. Per hour: 20 requests of a user, 10 without a valid token. */
@QuarkusTest
@TestProfile(SharedRateLimitsContract.Shared.class)
class SharedRateLimitsContract {

  public static class Shared implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.rate-limit.enabled", "true",
          "taskward.rate-limit.store", "postgresql",
          "taskward.rate-limit.user-requests", "20",
          "taskward.rate-limit.address-requests", "10",
          "taskward.rate-limit.period", "1h",
          "taskward.rate-limit.sweep-every", "1s");
    }
  }

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @AfterEach
  void restoreDatabase() {
    wire.mend();
  }

  @Test
  void aHundredParallelRequestsStayWithinTheLimit() {
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 100)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> status(alice.name()), Threads.EACH))
            .toList();

    assertEquals(20, answers.stream().filter(answer -> answer.join() == 200).count());
    assertEquals(80, answers.stream().filter(answer -> answer.join() == 429).count());
    User.fresh().list("").statusCode(200);
  }

  @Test
  void aCountedRequestCostsTwoStatementsAndARefusedOneNone() {
    alice.has("Buy milk"); // creates the row
    wire.reset();
    alice
        .list("")
        .statusCode(200)
        .header("RateLimit-Policy", equalTo("\"user\";q=20;w=3600"))
        .header("RateLimit", matchesPattern("\"user\";r=18;t=\\d+"));
    assertEquals(2 + 1, requestStatements().size(), wire.statements().toString());

    while (status(alice.name()) == 200) {
      // uses up the limit
    }
    wire.reset();
    for (int i = 0; i < 5; i++) {
      alice
          .list("")
          .statusCode(429)
          .header("RateLimit", matchesPattern("\"user\";r=0;t=3[56]\\d\\d"))
          .header("Retry-After", notNullValue());
    }
    assertEquals(List.of(), requestStatements());
  }

  /** All instances count the operations of a batch. */
  @Test
  void aBatchTakesItsRequestsFromTheSharedCount() {
    Map<String, Object> create = Map.of("op", "create", "task", Map.of("title", "new"));
    batch(Collections.nCopies(19, create))
        .statusCode(200)
        .header("RateLimit", matchesPattern("\"user\";r=1;t=\\d+"));
    batch(Collections.nCopies(2, create)).statusCode(429);
    assertEquals(429, status(alice.name()));
  }

  /** Also what a batch costs that is rolled back. */
  @Test
  void aRefusedBatchHasCostItsRequests() {
    batch(Collections.nCopies(5, Map.of("op", "delete", "id", 1L << 50))).statusCode(400);
    batch(List.of(Map.of("op", "delete", "id", 1L << 50), Map.of("op", "delete", "id", 1L << 51)))
        .statusCode(409)
        .header("RateLimit", matchesPattern("\"user\";r=17;t=\\d+"));
    assertEquals(200, status(alice.name()));
    alice.list("").header("RateLimit", matchesPattern("\"user\";r=15;t=\\d+"));
  }

  /** A batch that is refused does not make later single requests fail. */
  @Test
  void aRefusedBatchLeavesTheOtherRequests() {
    Map<String, Object> create = Map.of("op", "create", "task", Map.of("title", "new"));
    batch(Collections.nCopies(15, create)).statusCode(200);

    batch(Collections.nCopies(10, create))
        .statusCode(429)
        .header("RateLimit", matchesPattern("\"user\";r=4;t=\\d+"));

    assertEquals(200, status(alice.name()));
    batch(Collections.nCopies(3, create)).statusCode(200);
  }

  private ValidatableResponse batch(List<?> operations) {
    return alice
        .request()
        .contentType("application/json")
        .body(Map.of("operations", operations))
        .post(User.TASKS + "/batch")
        .then();
  }

  /** A second erasure does not reset the limit once more. */
  @Test
  void anErasureRemovesTheCountOnceAPeriod() throws Exception {
    long others = counts();
    alice.list("").statusCode(200);
    assertEquals(others + 1, counts());

    erase();
    assertEquals(others, counts());

    for (int left = 19; left > 17; left--) {
      alice
          .list("")
          .statusCode(200)
          .header("RateLimit", matchesPattern("\"user\";r=" + left + ";.*"));
    }
    erase();
    alice.list("").statusCode(200).header("RateLimit", matchesPattern("\"user\";r=16;t=\\d+"));
  }

  private void erase() {
    alice
        .request()
        .contentType("application/json")
        .body(Map.of("confirm", "erase"))
        .post("/api/v1/me/erase")
        .then()
        .statusCode(204);
  }

  /** The counts of this period; the cleanup removes others at any time. */
  private static long counts() {
    return TestDatabase.query(
        Long.class,
        "(select count(*) from rate_limit where expires_at > extract(epoch from now()) * 1000)");
  }

  /** All statements except those of the concurrent cleanup. */
  private List<String> requestStatements() {
    List<String> sent = new ArrayList<>(wire.work());
    sent.removeIf(sql -> sql.startsWith("DELETE FROM rate_limit"));
    return sent;
  }

  /** Users get 503, not 429 or 500. Requests without a valid token are still limited. */
  @Test
  void withoutTheDatabaseTheInstanceCountsAlone() throws Exception {
    alice.list("").statusCode(200);
    wire.cut();

    alice.list("").statusCode(503).header("RateLimit", matchesPattern("\"user\";r=19;t=\\d+"));
    List<Integer> guesses =
        IntStream.range(0, 12)
            .mapToObj(i -> RestAssured.get(User.TASKS + "/" + i).statusCode())
            .toList();
    assertEquals(429, guesses.get(11));
    assertTrue(Set.of(401, 429).containsAll(guesses), guesses.toString());

    wire.mend();
    // Each pooled connection fails once before it is replaced. The pool has fewer than 60.
    assertTrue(IntStream.range(0, 60).anyMatch(i -> status(User.fresh().name()) == 200));
    awaitSharedCount();
  }

  /** The instance asks the database again after five seconds. */
  private static void awaitSharedCount() throws InterruptedException {
    String count = "(select count(*) from rate_limit)";
    long before = TestDatabase.query(Long.class, count);
    for (int i = 0; i < 60 && TestDatabase.query(Long.class, count) <= before; i++) {
      Thread.sleep(250);
      status(User.fresh().name());
    }
    assertTrue(TestDatabase.query(Long.class, count) > before);
  }

  /** Neither user names nor addresses are stored. A row lives only as long as it counts. */
  @Test
  void rowsAreHashedAndDeletedAfterTheyExpire() throws Exception {
    User bob = User.fresh();
    alice.list("").statusCode(200);
    bob.list("").statusCode(200);
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      String rows = text(sql, "select string_agg(r::text, ' ') from rate_limit r");
      assertFalse(rows.contains(alice.name()), rows);
      assertTrue(rows.matches("(?s).*\\([0-9a-f]{64},.*"), rows);

      long due = Long.parseLong(text(sql, "select max(expires_at) from rate_limit"));
      long now = System.currentTimeMillis();
      // One of 20 an hour is refilled in three minutes. The row is kept for another minute.
      assertTrue(due > now + 120_000 && due < now + 3_700_000, due - now + " ms");

      sql.execute("update rate_limit set expires_at = " + now);
      String left = text(sql, "select count(*) from rate_limit");
      for (int i = 0; i < 40 && !left.equals("0"); i++) {
        Thread.sleep(250);
        left = text(sql, "select count(*) from rate_limit");
      }
      assertEquals("0", left);
    }
    alice.list("").statusCode(200).header("RateLimit", matchesPattern("\"user\";r=19;t=\\d+"));
  }

  private static String text(Statement sql, String query) throws SQLException {
    try (ResultSet rows = sql.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static int status(String name) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + Tokens.token(name))
        .get(User.TASKS)
        .statusCode();
  }
}
