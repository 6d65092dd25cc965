package dev.taskward.idempotency;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.http.Header;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class IdempotencyContract {

  private static final String KEY = "Idempotency-Key";
  private static final String REPLAYED = "Idempotency-Replayed";

  @TestHTTPResource(User.TASKS)
  URI tasks;

  final User alice = User.fresh();
  final User bob = User.fresh();
  final String key = UUID.randomUUID().toString();

  /** Covers operations that are added later. */
  @Test
  void everyChangeIsExecutedOnceAndThenReplayed() {
    List<Operation> operations =
        ApiDocument.operations().stream()
            .filter(o -> takesKey(o.method(), o.path(), o.described()))
            .toList();
    assertTrue(operations.size() >= 8, operations.toString());

    for (Operation operation : operations) {
      long id = alice.has("Buy milk");
      String fresh = UUID.randomUUID().toString();

      Response first = operation.send(alice.request().header(KEY, fresh), id);
      Response second = operation.send(alice.request().header(KEY, fresh), id);

      assertTrue(first.statusCode() < 300, operation + ": " + first.asString());
      assertReplay(first, second);
    }
  }

  /** A repeat of the others, such as an erasure, gets the same response without a key. */
  private static boolean takesKey(
      String method, String path, io.swagger.v3.oas.models.Operation operation) {
    return !method.equals("GET")
        && (path.contains("{") || !operation.getResponses().containsKey("204"));
  }

  @Test
  void theDocumentHasTheKeyWhereItMakesADifference() {
    ApiDocument.read()
        .getPaths()
        .forEach(
            (path, item) ->
                item.readOperationsMap()
                    .forEach(
                        (method, operation) -> {
                          boolean keyed = takesKey(method.name(), path, operation);
                          assertEquals(
                              keyed,
                              operation.getParameters() != null
                                  && operation.getParameters().stream()
                                      .anyMatch(p -> p.getName().equals(KEY)),
                              method + " " + path);
                          assertEquals(
                              keyed,
                              operation.getResponses().keySet().containsAll(Set.of("409", "422")),
                              method + " " + path);
                        }));
  }

  @Test
  void aRepeatedCreateMakesOneTask() {
    Response first = create(alice, key, "{\"title\": \"Buy milk\"}");
    Response second = create(alice, key, "{\"title\": \"Buy milk\"}");

    assertEquals(201, first.statusCode());
    assertReplay(first, second);
    alice.list("").body("title", contains("Buy milk"));
  }

  @Test
  void aRepeatedFlipFlipsOnce() {
    long id = alice.has("Buy milk");

    Response first = flip(alice, key, id);
    for (int i = 0; i < 3; i++) {
      assertReplay(first, flip(alice, key, id));
    }

    alice.get(id).body("completed", equalTo(true));
  }

  @Test
  void anotherKeyIsAnotherRequest() {
    long id = alice.has("Buy milk");

    flip(alice, key, id).then().statusCode(200).body("completed", equalTo(true));
    flip(alice, key + "-2", id)
        .then()
        .statusCode(200)
        .header(REPLAYED, nullValue())
        .body("completed", equalTo(false));
  }

  @Test
  void withoutAKeyNothingIsStored() {
    alice.post(Map.of("title", "Buy milk")).statusCode(201).header(REPLAYED, nullValue());
    alice.post(Map.of("title", "Buy milk")).statusCode(201);

    alice.list("").body("", hasSize(2));
    assertEquals(0, storedResponses(alice));
  }

  @Test
  void theStoredResponseOutlivesTheTask() {
    Response first = create(alice, key, "{}");
    long id = first.jsonPath().getLong("id");
    alice.put(id, Map.of("title", "Renamed")).statusCode(200);

    assertReplay(first, create(alice, key, "{}"));

    alice.delete(id).statusCode(204);
    assertReplay(first, create(alice, key, "{}"));
    alice.list("").body("", hasSize(0));
  }

  @Test
  void anotherRequestWithTheSameKeyIsRefused() {
    create(alice, key, "{\"title\": \"Buy milk\"}").then().statusCode(201);

    create(alice, key, "{\"title\": \"Buy tea\"}")
        .then()
        .statusCode(422)
        .contentType("application/problem+json")
        .body("title", equalTo("Unprocessable Content"))
        .body("detail", equalTo("This Idempotency-Key was used for another request."));
    create(alice, key, "{\"title\":\"Buy milk\"}").then().statusCode(422);
    keyed(alice, key)
        .contentType("application/json;charset=utf-8")
        .body("{\"title\": \"Buy milk\"}")
        .post(User.TASKS)
        .then()
        .statusCode(422);

    alice.list("").body("title", contains("Buy milk"));
  }

  /** The operation has no use for this body. */
  @Test
  void anIgnoredBodyIsComparedToo() {
    long id = alice.has("Buy milk");
    alice.delete(id);
    restoreWith("{\"a\": 1}", id).then().statusCode(200);
    restoreWith("{\"a\": 1}", id).then().statusCode(200).header(REPLAYED, "true");
    restoreWith("{\"a\": 2}", id).then().statusCode(422);
  }

  private Response restoreWith(String body, long id) {
    return alice
        .roughRequest()
        .header("Idempotency-Key", key)
        .contentType("application/json")
        .body(body)
        .post(User.TASKS + "/" + id + "/restore");
  }

  @Test
  void queryAndPreconditionsAreCompared() {
    long id = alice.has("Buy milk");
    flip(alice, key, id).then().statusCode(200);

    keyed(alice, key).patch(path(id)).then().statusCode(200).header(REPLAYED, equalTo("true"));
    assertEquals(200, sendFlip(id).join().statusCode());
    assertEquals(422, send("PATCH", path(id) + "?&", BodyPublishers.noBody()).join().statusCode());
    keyed(alice, key).patch(path(id) + "?again").then().statusCode(400); // as without a key
    keyed(alice, key).header("If-Match", "*").patch(path(id)).then().statusCode(422);
    keyed(alice, key).header("If-None-Match", "\"x\"").patch(path(id)).then().statusCode(422);
  }

  @Test
  void theSameKeyOfAnotherUserIsAnotherKey() {
    create(alice, key, "{\"title\": \"Buy milk\"}").then().statusCode(201);

    create(bob, key, "{\"title\": \"Buy milk\"}")
        .then()
        .statusCode(201)
        .header(REPLAYED, nullValue())
        .body("user_id", equalTo(bob.name()));
    create(bob, key, "{\"title\": \"Buy tea\"}").then().statusCode(422);

    alice.list("").body("title", contains("Buy milk"));
    bob.list("").body("title", contains("Buy milk"));
  }

  @Test
  void aKeyGivesNoAccessToAnotherUsersTask() {
    long id = alice.has("Buy milk");
    flip(alice, key, id).then().statusCode(200);

    flip(bob, key, id).then().statusCode(403);
    alice.get(id).body("completed", equalTo(true));
  }

  @Test
  void theSameKeyOnAnotherRouteIsAnotherKey() {
    long first = alice.has("Buy milk");
    long second = alice.has("Buy tea");

    flip(alice, key, first).then().statusCode(200).body("id", equalTo((int) first));
    flip(alice, key, second).then().statusCode(200).body("id", equalTo((int) second));
    create(alice, key, "{}").then().statusCode(201).header(REPLAYED, nullValue());
  }

  @Test
  void theAliasAndATrailingSlashAreTheSameRoute() {
    Response first = create(alice, key, "{}");

    for (String alias : List.of("/api/tasks", "/api/v1/tasks/", "/api/tasks/")) {
      Response repeat =
          withKey(alice, key).contentType(ContentType.JSON).body("{}").post(alias).andReturn();
      assertReplay(first, repeat);
    }
  }

  @Test
  void theAliasHasTheSameQuery() {
    String query = "?&&"; // no operation with a key takes a parameter

    HttpResponse<byte[]> first =
        send("POST", "/api/v1/tasks" + query, BodyPublishers.ofString("{}")).join();
    HttpResponse<byte[]> repeat =
        send("POST", "/api/tasks" + query, BodyPublishers.ofString("{}")).join();

    assertEquals(201, first.statusCode());
    assertArrayEquals(first.body(), repeat.body());
    assertEquals("true", repeat.headers().firstValue(REPLAYED).orElseThrow());
    assertEquals(
        422, send("POST", "/api/tasks", BodyPublishers.ofString("{}")).join().statusCode());
  }

  /** An index entry is limited in length, a path is not. */
  @Test
  void aLongPathCanBeReplayed() {
    long id = alice.has("Buy milk");
    String longId = "0".repeat(3000) + id;

    keyed(alice, key).patch(User.TASKS + "/" + longId + "/complete").then().statusCode(200);
    keyed(alice, key)
        .patch(User.TASKS + "/" + longId + "/complete")
        .then()
        .statusCode(200)
        .header(REPLAYED, equalTo("true"));
  }

  @Test
  void anErrorResponseIsNotStored() {
    long id = alice.has("Buy milk");
    alice.delete(id).statusCode(204);
    flip(alice, key, id).then().statusCode(404).header(REPLAYED, nullValue());
    create(alice, key, "{\"title\": \"\"}").then().statusCode(400);
    create(alice, key, "{\"title\": ").then().statusCode(400);

    assertEquals(0, storedResponses(alice));
    create(alice, key, "{\"title\": \"Buy milk\"}").then().statusCode(201);
  }

  @Test
  void anExpiredKeyCanBeUsedAgain() {
    Response first = create(alice, key, "{\"title\": \"Buy milk\"}");
    age(alice, "23 hours 59 minutes");
    assertReplay(first, create(alice, key, "{\"title\": \"Buy milk\"}"));

    age(alice, "2 minutes");
    Response second = create(alice, key, "{\"title\": \"Buy tea\"}");
    second.then().statusCode(201).header(REPLAYED, nullValue()).body("title", equalTo("Buy tea"));
    assertReplay(second, create(alice, key, "{\"title\": \"Buy tea\"}"));
    assertEquals(1, storedResponses(alice));
  }

  @Test
  void quotesAreNotPartOfTheKey() {
    Response first = create(alice, key, "{}");

    assertReplay(first, create(alice, '"' + key + '"', "{}"));
    create(alice, "\"a \\\"b\\\\c\"", "{}").then().statusCode(201);
    assertEquals(
        "true", create(alice, "\"a \\\"b\\\\c\"", "{}").header(REPLAYED), "escapes are decoded");
  }

  @Test
  void aKeyMayHave255Characters() {
    create(alice, "k".repeat(255), "{}").then().statusCode(201);
    create(alice, '"' + "\\\"".repeat(255) + '"', "{}").then().statusCode(201);

    assertRefused(create(alice, "k".repeat(256), "{}"));
    assertRefused(create(alice, '"' + "k".repeat(256) + '"', "{}"));
    assertRefused(create(alice, '"' + "k".repeat(7000) + '"', "{}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"\"",
        "\"",
        "\"a",
        "a\"",
        "a\"b",
        "\"a\"b\"",
        "\"a\\b\"",
        "\"a\";p=1",
        "a,b",
        "\"a\", \"b\"",
        "schlüssel",
        "\"schlüssel\"",
        "a\tb"
      })
  void aMalformedKeyIsRefused(String malformed) {
    assertRefused(create(alice, malformed, "{}"));
    assertRefused(flip(alice, malformed, alice.has("Buy milk")));
  }

  @Test
  void aRepeatedKeyHeaderIsRefused() {
    assertRefused(
        alice
            .roughRequest()
            .header(KEY, "a", "a")
            .contentType(ContentType.JSON)
            .body("{}")
            .post(User.TASKS));
  }

  @Test
  void aReadIgnoresTheKey() {
    for (String any : List.of(key, "schlüssel")) {
      keyed(alice, any).get(User.TASKS).then().statusCode(200);
      keyed(alice, any).delete(User.TASKS + "?deleted=true").then().statusCode(204);
    }
    assertEquals(0, storedResponses(alice));
  }

  /** Without a key, the repeat of a deletion gets 404, and that of a conditional change 412. */
  @Test
  void aRepeatedChangeOrDeletionGetsTheFirstResponse() {
    long id = alice.has("Buy milk");
    String path = User.TASKS + "/" + id;
    for (int i = 0; i < 2; i++) {
      keyed(alice, key)
          .header("If-Match", "\"1\"")
          .contentType(ContentType.JSON)
          .body(Map.of("title", "Buy tea"))
          .put(path)
          .then()
          .statusCode(200)
          .header("ETag", equalTo("\"2\""))
          .header(REPLAYED, i == 0 ? nullValue() : equalTo("true"));
    }
    for (int i = 0; i < 2; i++) {
      keyed(alice, key)
          .delete(path)
          .then()
          .statusCode(204)
          .header("ETag", equalTo("\"3\""))
          .header(REPLAYED, i == 0 ? nullValue() : equalTo("true"));
    }
    assertRefused(keyed(alice, "schlüssel").delete(path));
    keyed(alice, "another").delete(path).then().statusCode(404);
    assertEquals(2, storedResponses(alice));
  }

  @Test
  void aReplayNeedsAToken() {
    create(alice, key, "{}").then().statusCode(201);

    User.withoutToken()
        .header(KEY, key)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(401);
  }

  @Test
  void aRepeatDuringTheFirstRequestIsAConflict() throws Exception {
    long id = alice.has("Buy milk");
    CompletableFuture<HttpResponse<byte[]>> first;
    try (Connection connection = TestDatabase.heldTask(id)) {
      first = sendFlip(id);
      TestDatabase.awaitWaiter(connection);

      flip(alice, key, id)
          .then()
          .statusCode(409)
          .header("Retry-After", equalTo("1"))
          .contentType("application/problem+json")
          .body("detail", equalTo("A request with this Idempotency-Key is still under way."));
    }

    assertEquals(200, first.join().statusCode());
    Response repeat = flip(alice, key, id);
    assertArrayEquals(first.join().body(), repeat.asByteArray());
    assertEquals("true", repeat.header(REPLAYED));
  }

  /** The repeat makes the change that was lost with the connection. */
  @Test
  void aRequestThatLosesItsConnectionStoresNothing() throws Exception {
    long id = alice.has("Buy milk");
    try (Connection connection = TestDatabase.heldTask(id)) {
      CompletableFuture<HttpResponse<byte[]>> first = sendFlip(id);
      TestDatabase.awaitWaiter(connection);
      connection
          .createStatement()
          .execute("select pg_terminate_backend(pid) from pg_locks where not granted");
      assertEquals(503, first.join().statusCode());
    }

    Response repeat = flipAfterConflict(id);
    repeat.then().statusCode(200).header(REPLAYED, nullValue()).body("completed", equalTo(true));
    alice.get(id).body("completed", equalTo(true));
  }

  @Test
  void aClientThatDisconnectedGetsTheStoredResponse() throws Exception {
    long id = alice.has("Buy milk");
    try (Connection connection = TestDatabase.heldTask(id);
        Socket client = new Socket(tasks.getHost(), tasks.getPort())) {
      String request =
          "PATCH %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s: %s\r\n"
              .formatted(path(id), Tokens.token(alice.name()), KEY, key);
      client
          .getOutputStream()
          .write((request + "Content-Type: application/json\r\n\r\n").getBytes());
      TestDatabase.awaitWaiter(connection);
    }

    Response repeat = flipAfterConflict(id);
    repeat
        .then()
        .statusCode(200)
        .header(REPLAYED, equalTo("true"))
        .body("completed", equalTo(true));
    alice.get(id).body("completed", equalTo(true));
  }

  @Test
  void fiftyParallelCreatesMakeOneTask() {
    List<HttpResponse<byte[]>> answers =
        fifty(() -> send("POST", User.TASKS, BodyPublishers.ofString("{\"title\": \"Buy milk\"}")));

    assertOneAnswer(201, answers);
    Response repeat = create(alice, key, "{\"title\": \"Buy milk\"}");
    assertEquals("true", repeat.header(REPLAYED));
    alice.list("").body("title", contains("Buy milk"));
  }

  @Test
  void fiftyParallelFlipsFlipOnce() {
    long id = alice.has("Buy milk");

    List<HttpResponse<byte[]>> answers = fifty(() -> sendFlip(id));

    assertOneAnswer(200, answers);
    alice.get(id).body("completed", equalTo(true));
  }

  /** All responses other than 409 are equal, and exactly one is not a replay. */
  private static void assertOneAnswer(int status, List<HttpResponse<byte[]>> answers) {
    Set<Integer> statuses =
        answers.stream().map(HttpResponse::statusCode).collect(Collectors.toSet());
    assertTrue(Set.of(status, 409).containsAll(statuses), statuses.toString());
    List<HttpResponse<byte[]>> done =
        answers.stream().filter(answer -> answer.statusCode() == status).toList();
    assertEquals(1, done.stream().filter(a -> a.headers().firstValue(REPLAYED).isEmpty()).count());
    assertEquals(1, done.stream().map(answer -> new String(answer.body())).distinct().count());
  }

  private static List<HttpResponse<byte[]>> fifty(
      java.util.function.Supplier<CompletableFuture<HttpResponse<byte[]>>> request) {
    return IntStream.range(0, 50).mapToObj(i -> request.get()).toList().stream()
        .map(CompletableFuture::join)
        .toList();
  }

  private CompletableFuture<HttpResponse<byte[]>> send(
      String method, String path, BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(tasks.resolve(path))
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .header("Content-Type", "application/json")
            .header(KEY, key)
            .method(method, body)
            .build();
    return HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofByteArray());
  }

  private CompletableFuture<HttpResponse<byte[]>> sendFlip(long id) {
    return send("PATCH", path(id), BodyPublishers.noBody());
  }

  private Response flipAfterConflict(long id) throws InterruptedException {
    Response answer = flip(alice, key, id);
    for (int i = 0; i < 100 && answer.statusCode() == 409; i++) {
      Thread.sleep(50);
      answer = flip(alice, key, id);
    }
    return answer;
  }

  private static Response create(User user, String key, String body) {
    return keyed(user, key).contentType("application/json").body(body).post(User.TASKS);
  }

  private static Response flip(User user, String key, long id) {
    return keyed(user, key).contentType("application/json").patch(path(id));
  }

  private static String path(long id) {
    return User.TASKS + "/" + id + "/complete";
  }

  private static RequestSpecification keyed(User user, String key) {
    return user.roughRequest().header(KEY, key);
  }

  /** A request to a path that is not in the OpenAPI document. */
  private static RequestSpecification withKey(User user, String key) {
    return io.restassured.RestAssured.given()
        .header("Authorization", "Bearer " + Tokens.token(user.name()))
        .header(KEY, key);
  }

  private static void assertRefused(Response response) {
    response
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("errors.field", contains(KEY));
  }

  /** Same status, headers and body as the first response, plus the replay header. */
  private static void assertReplay(Response first, Response second) {
    assertEquals(first.statusCode(), second.statusCode(), second.asString());
    assertArrayEquals(first.asByteArray(), second.asByteArray());
    assertEquals("true", second.header(REPLAYED));
    assertEquals(headers(first), headers(second));
  }

  private static Set<Header> headers(Response response) {
    return response.headers().asList().stream()
        .filter(header -> !header.getName().equals(REPLAYED))
        .filter(header -> !header.getName().equalsIgnoreCase("Date")) // each response has its own
        .collect(Collectors.toSet());
  }

  private static int storedResponses(User user) {
    try (Connection connection = TestDatabase.connect();
        PreparedStatement count =
            connection.prepareStatement("select count(*) from idempotency_key where user_id = ?")) {
      count.setString(1, user.name());
      try (var rows = count.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static void age(User user, String interval) {
    try (Connection connection = TestDatabase.connect();
        PreparedStatement update =
            connection.prepareStatement(
                "update idempotency_key set created_at = created_at - ?::interval"
                    + " where user_id = ?")) {
      update.setString(1, interval);
      update.setString(2, user.name());
      assertEquals(1, update.executeUpdate());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
