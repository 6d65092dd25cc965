package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
class TaskConcurrencyContract {

  @TestHTTPResource(User.TASKS)
  URI tasks;

  /** Java's default client, which asks for HTTP/2. */
  final HttpClient client = HttpClient.newHttpClient();

  final User alice = User.fresh();

  @Test
  void anEvenNumberOfParallelFlipsRestoresTheFlag() {
    long id = alice.has("Buy milk");

    Map<Integer, Long> statuses = statuses(IntStream.range(0, 100).mapToObj(i -> flip(id)));

    assertEquals(Map.of(200, 100L), statuses);
    alice.get(id).body("completed", equalTo(false)).body("completed_at", nullValue());
  }

  @Test
  void anOddNumberOfParallelFlipsChangesTheFlag() {
    long id = alice.has("Buy milk");

    assertEquals(Map.of(200, 51L), statuses(IntStream.range(0, 51).mapToObj(i -> flip(id))));
    Map<String, Object> task =
        alice.get(id).body("completed", equalTo(true)).extract().jsonPath().getMap("");
    assertEquals(task.get("updated_at"), task.get("completed_at"));
  }

  /** Such as a change that waited for another one, or an instance whose clock is behind. */
  @Test
  void updatedAtNeverDecreases() {
    long id = alice.has("Buy milk");
    TestDatabase.execute("update task set updated_at = '2100-01-01T00:00:00Z' where id = " + id);

    alice
        .flip(id)
        .body("updated_at", equalTo("2100-01-01T00:00:00.000000Z"))
        .body("completed_at", equalTo("2100-01-01T00:00:00.000000Z"));
    alice
        .put(id, Map.of("title", "Buy tea"))
        .body("updated_at", equalTo("2100-01-01T00:00:00.000000Z"));
    alice.list("?updated_since=2100-01-01T00:00:00Z").body("size()", equalTo(1));
  }

  @Test
  void parallelRenamesAndFlipsAreAllApplied() {
    long id = alice.has("Buy milk");

    Map<Integer, Long> statuses =
        statuses(
            IntStream.range(0, 50)
                .mapToObj(i -> i)
                .flatMap(i -> Stream.of(flip(id), put(id, "{\"title\": \"Renamed " + i + "\"}"))));

    assertEquals(Map.of(200, 100L), statuses);
    alice
        .get(id)
        .body("completed", equalTo(false))
        .body("title.startsWith('Renamed')", equalTo(true));
  }

  @Test
  void parallelPatchesOfMetadataAreAllApplied() {
    long id = alice.has("Buy milk");

    List<HttpResponse<String>> answers =
        all(
            IntStream.range(0, 16)
                .mapToObj(
                    i ->
                        client.sendAsync(
                            HttpRequest.newBuilder(URI.create(tasks + "/" + id))
                                .header("Authorization", "Bearer " + Tokens.token(alice.name()))
                                .header("Content-Type", "application/merge-patch+json")
                                .method(
                                    "PATCH", text("{\"metadata\": {\"k%d\": \"v\"}}".formatted(i)))
                                .build(),
                            BodyHandlers.ofString())));

    assertEquals(16, answers.stream().filter(answer -> answer.statusCode() == 200).count());
    alice.get(id).body("metadata.size()", equalTo(16)).body("version", equalTo(17));
  }

  @Test
  void exactlyOneOfFiftyWritersWithTheSameEntityTagWins() {
    long id = alice.has("Buy milk");
    String tag = alice.get(id).extract().header("ETag");

    Map<Integer, Long> statuses =
        statuses(
            IntStream.range(0, 50)
                .mapToObj(
                    i ->
                        i % 2 == 0
                            ? send(
                                "PUT",
                                "/" + id,
                                text("{\"title\": \"" + i + "\"}"),
                                "If-Match",
                                tag)
                            : send("PATCH", "/" + id + "/complete", text(""), "If-Match", tag)));

    assertEquals(Map.of(200, 1L, 412, 49L), statuses);
    alice.get(id).header("ETag", equalTo("\"2\""));
  }

  @Test
  void oneOfManyParallelDeletesWinsAndTheOthersGet404() {
    long id = alice.has("Buy milk");

    assertEquals(
        Map.of(204, 1L, 404, 19L),
        statuses(
            IntStream.range(0, 20)
                .mapToObj(i -> send("DELETE", "/" + id, BodyPublishers.noBody()))));
  }

  @Test
  void parallelCreatesGetDistinctIds() {
    List<HttpResponse<String>> answers =
        all(IntStream.range(0, 120).mapToObj(i -> send("POST", "", BodyPublishers.ofString("{}"))));

    assertEquals(
        120, answers.stream().map(a -> a.headers().firstValue("Location")).distinct().count());
    alice.list("?limit=1000").body("size()", equalTo(120));
  }

  private CompletableFuture<HttpResponse<String>> flip(long id) {
    return send("PATCH", "/" + id + "/complete", BodyPublishers.noBody());
  }

  private CompletableFuture<HttpResponse<String>> put(long id, String body) {
    return send("PUT", "/" + id, BodyPublishers.ofString(body));
  }

  private static BodyPublisher text(String body) {
    return BodyPublishers.ofString(body);
  }

  private CompletableFuture<HttpResponse<String>> send(
      String method, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(tasks + path))
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .header("Content-Type", "application/json")
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.sendAsync(request.build(), BodyHandlers.ofString());
  }

  private static List<HttpResponse<String>> all(
      Stream<CompletableFuture<HttpResponse<String>>> requests) {
    return requests.toList().stream().map(CompletableFuture::join).toList();
  }

  private static Map<Integer, Long> statuses(
      Stream<CompletableFuture<HttpResponse<String>>> requests) {
    return all(requests).stream()
        .collect(Collectors.groupingBy(HttpResponse::statusCode, Collectors.counting()));
  }
}
