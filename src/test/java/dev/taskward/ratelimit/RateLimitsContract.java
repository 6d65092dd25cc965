package dev.taskward.ratelimit;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ApiDocument;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * With rate limits on. Per hour: 20 requests of a user, 10 without a valid token from an address.
 */
@QuarkusTest
@TestProfile(RateLimitsContract.Limited.class)
public class RateLimitsContract {

  public static class Limited implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.rate-limit.enabled",
          "true",
          "taskward.rate-limit.user-requests",
          "20",
          "taskward.rate-limit.address-requests",
          "10",
          "taskward.rate-limit.period",
          "1h");
    }
  }

  User alice = User.fresh();

  @Test
  void aUserSeesTheRemainingRequestsAndRetryAfter() {
    for (int left = 19; left >= 0; left--) {
      alice
          .list("")
          .statusCode(200)
          .header("RateLimit-Policy", equalTo("\"user\";q=20;w=3600"))
          .header("RateLimit", matchesPattern("\"user\";r=" + left + ";t=\\d+"));
    }
    alice
        .list("")
        .statusCode(429)
        .contentType("application/problem+json")
        .header("RateLimit", matchesPattern("\"user\";r=0;t=3[56]\\d\\d"))
        .header("Retry-After", notNullValue())
        .header("Retry-After", Integer::parseInt, greaterThan(0))
        .header("Retry-After", Integer::parseInt, lessThan(181)) // 20 an hour: one every 180 s
        .header("Cache-Control", equalTo("no-store"))
        .body("detail", equalTo("Too many requests. Retry-After has the seconds to wait."));

    User.fresh().list("").statusCode(200); // from the same address
    alice.postText("{").statusCode(429); // the body is not read
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(200);
  }

  @Test
  void aBatchCostsAsManyRequestsAsItHasOperations() {
    batch(8).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=12;t=\\d+"));
    batch(13)
        .statusCode(429)
        .header("RateLimit", matchesPattern("\"user\";r=11;t=\\d+")) // itself costs one
        .header("Retry-After", Integer::parseInt, greaterThan(180)) // of two requests
        .header("Retry-After", Integer::parseInt, lessThan(361))
        .body(
            "detail",
            equalTo("The request costs 13 requests. Retry-After has the seconds to wait."));
    alice.list("").statusCode(200).body("size()", equalTo(8));
    batch(10).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=0;t=\\d+"));
    alice.list("").statusCode(429);
  }

  /** It could never have enough requests left. */
  @Test
  void aBatchNeedsAtMostAllRequests() {
    batch(100).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=0;t=\\d+"));
    alice.list("").statusCode(429);

    alice = User.fresh();
    alice.list("").statusCode(200);
    batch(100).statusCode(429);
  }

  @Test
  void anImportCostsARequestForEachHundredTasks() {
    importTasks(100).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=19;t=\\d+"));
    importTasks(101).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=17;t=\\d+"));
    importTasks(1_800).statusCode(429).header("RateLimit", matchesPattern("\"user\";r=16;t=\\d+"));
    importTasks(1_600).statusCode(200).header("RateLimit", matchesPattern("\"user\";r=0;t=\\d+"));
  }

  private ValidatableResponse importTasks(int tasks) {
    return alice
        .authorized()
        .contentType("application/x-ndjson")
        .body("{}\n".repeat(tasks).getBytes(StandardCharsets.US_ASCII))
        .post(User.TASKS + "/import")
        .then();
  }

  /** Malformed operations cost nothing more. */
  @Test
  void aMalformedBatchCostsOneRequest() {
    alice
        .roughRequest()
        .contentType("application/json")
        .body(Map.of("operations", Collections.nCopies(10, Map.of("op", "delete"))))
        .post(User.TASKS + "/batch")
        .then()
        .statusCode(400)
        .header("RateLimit", matchesPattern("\"user\";r=19;t=\\d+"));
  }

  private ValidatableResponse batch(int creations) {
    Map<String, Object> create = Map.of("op", "create", "task", Map.of("title", "new"));
    return alice
        .request()
        .contentType("application/json")
        .body(Map.of("operations", Collections.nCopies(creations, create)))
        .post(User.TASKS + "/batch")
        .then();
  }

  @Test
  void aHundredParallelRequestsStayWithinTheLimit() {
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 100)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () ->
                            RestAssured.given()
                                .header("Authorization", "Bearer " + Tokens.token(alice.name()))
                                .get(User.TASKS)
                                .statusCode(),
                        Threads.EACH))
            .toList();

    assertEquals(20, answers.stream().filter(answer -> answer.join() == 200).count());
    assertEquals(80, answers.stream().filter(answer -> answer.join() == 429).count());
  }

  /** The limit of an address does not apply to requests with a valid token. */
  @Test
  void anAddressWithoutValidTokensIsLimited() {
    ApiDocument.read(); // loads the document first: it has no token either
    Response refused = RestAssured.get(User.TASKS);
    for (int i = 0; i < 10 && refused.statusCode() == 401; i++) {
      refused.then().header("RateLimit-Policy", equalTo("\"address\";q=10;w=3600"));
      refused =
          RestAssured.given().header("Authorization", "Bearer guess" + i).get("/somewhere" + i);
    }

    refused
        .then()
        .statusCode(429)
        .contentType("application/problem+json")
        .header("Retry-After", notNullValue())
        .header("RateLimit", matchesPattern("\"address\";r=0;t=\\d+"));
    RestAssured.given() // no trusted proxy sent this header
        .header("X-Forwarded-For", "203.0.113.7")
        .get(User.TASKS)
        .then()
        .statusCode(429);
    User.fresh().list("").statusCode(200).header("Retry-After", nullValue());
  }
}
