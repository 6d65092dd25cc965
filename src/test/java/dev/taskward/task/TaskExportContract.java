package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.RawHttp;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** All tasks of a user as a file, and back. */
@QuarkusTest
class TaskExportContract {

  static final String EXPORT = User.TASKS + "/export";
  static final String IMPORT = User.TASKS + "/import";

  @TestHTTPResource(EXPORT)
  URI export;

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();
  final User bob = User.fresh();

  @AfterEach
  void restoreDatabase() {
    wire.mend();
  }

  /** The lines of a complete export, without the last one. */
  static List<JsonObject> lines(User user) {
    List<String> lines =
        List.of(user.request().get(EXPORT).then().statusCode(200).extract().asString().split("\n"));
    JsonObject end = new JsonObject(lines.get(lines.size() - 1));
    assertEquals(true, end.getBoolean("end"));
    assertEquals(lines.size() - 1, end.getInteger("tasks"));
    return lines.subList(0, lines.size() - 1).stream().map(JsonObject::new).toList();
  }

  private static String file(User user) {
    return user.request().get(EXPORT).asString();
  }

  static ValidatableResponse importInto(User user, String file, String... keyHeader) {
    var request = user.roughRequest().contentType("application/x-ndjson; charset=UTF-8");
    if (keyHeader.length > 0) {
      request.header("Idempotency-Key", keyHeader[0]);
    }
    return request.body(file.getBytes(StandardCharsets.UTF_8)).post(IMPORT).then();
  }

  private static List<String> titles(List<JsonObject> tasks) {
    return tasks.stream().map(task -> task.getString("title")).toList();
  }

  /** Tasks that no request made, in the order of creation. */
  private static void has(User user, int tasks) {
    TestDatabase.execute(
        """
        insert into task (id, user_id, title, completed, deleted, deleted_at, created_at, updated_at,
          search, title_key)
        select nextval('task_id_seq'), '%s', 't' || n, false, n %% 3 = 0,
          case when n %% 3 = 0 then now() end, now() - n * interval '1 s', now(), 'a', 'a'
        from generate_series(1, %d) n
        """
            .formatted(user.name(), tasks));
  }

  @Test
  void anExportHasEveryTaskDeletedOnesToo() {
    alice.has("first");
    long deleted = alice.has("deleted");
    alice.delete(deleted).statusCode(204);
    alice.flip(alice.has("completed")).statusCode(200);
    bob.has("bob's");

    String body =
        alice
            .request()
            .get(EXPORT)
            .then()
            .statusCode(200)
            .contentType(startsWith("application/x-ndjson"))
            .header("Content-Disposition", equalTo("attachment; filename=\"tasks.ndjson\""))
            .header("Cache-Control", equalTo("no-store"))
            .extract()
            .asString();

    assertTrue(body.endsWith("}\n"), body);
    assertEquals(4, body.split("\n", -1).length - 1, body);
    List<JsonObject> tasks = lines(alice);
    assertEquals(List.of("first", "deleted", "completed"), titles(tasks));
    Map<String, Object> listed =
        alice.list("?deleted=true").extract().<Map<String, Object>>path("[0]");
    assertEquals(JsonObject.mapFrom(listed), tasks.get(1));
  }

  @Test
  void anExportOfNothingHasTheLastLineAlone() {
    assertEquals(List.of(), lines(alice));
  }

  @Test
  void theCursorContinuesWithTheChangesSinceTheStart() {
    alice.has("before");
    String file = file(alice);
    String cursor = new JsonObject(file.split("\n")[1]).getString("cursor");

    String since = EventReader.CHANGES + "?since=" + cursor;
    alice.request().get(since).then().body("changes", empty());
    alice.has("after");
    alice.request().get(since).then().body("changes.title", contains("after"));
  }

  @Test
  void manyTasksComeInPagesEachOnce() {
    for (int count : List.of(TaskExport.PAGE - 1, TaskExport.PAGE, 3 * TaskExport.PAGE + 1)) {
      User carol = User.fresh();
      has(carol, count);

      List<JsonObject> tasks = lines(carol);

      assertEquals(
          IntStream.rangeClosed(1, count).mapToObj(n -> "t" + (count + 1 - n)).toList(),
          titles(tasks));
    }
  }

  /**
   * A task that is created, changed, deleted or restored meanwhile neither comes twice nor is lost.
   */
  @Test
  void anExportDuringChangesHasEachTaskOnce() {
    has(alice, 2_000);
    List<Integer> ids = alice.list("?limit=1000").extract().path("id");
    List<CompletableFuture<Void>> writers =
        IntStream.range(0, 3)
            .mapToObj(
                writer ->
                    CompletableFuture.runAsync(
                        () -> {
                          Random random = new Random(writer);
                          for (int i = 0; i < 60; i++) {
                            int id = ids.get(random.nextInt(ids.size()));
                            alice.authorized().delete(User.TASKS + "/" + id);
                            alice.authorized().post(User.TASKS + "/" + id + "/restore");
                            alice.has("new");
                          }
                        },
                        Threads.EACH))
            .toList();

    Set<Long> all = new HashSet<>();
    for (int run = 0; run < 5; run++) {
      List<JsonObject> tasks = lines(alice);
      Set<Long> exported = new HashSet<>();
      tasks.forEach(task -> assertTrue(exported.add(task.getLong("id")), task::encode));
      assertEquals(
          2_000, tasks.stream().filter(t -> t.getString("title").matches("t\\d+")).count());
      assertTrue(exported.containsAll(all));
      all.addAll(exported);
    }
    writers.forEach(CompletableFuture::join);
    assertTrue(all.size() > 2_000, "tasks were created meanwhile");
  }

  @Test
  void aClientCanAskForTheMediaTypeOrForAny() {
    for (String accept :
        List.of("application/x-ndjson", "application/*", "*/*", "text/html, */*;q=0.1")) {
      alice.authorized().header("Accept", accept).get(EXPORT).then().statusCode(200);
    }
    for (String accept : List.of("application/json", "application/x-ndjson;q=0", "text/html")) {
      alice
          .roughRequest()
          .header("Accept", accept)
          .get(EXPORT)
          .then()
          .statusCode(406)
          .contentType("application/problem+json");
    }
  }

  @Test
  void headHasTheHeadersAlone() {
    alice
        .authorized()
        .head(EXPORT)
        .then()
        .statusCode(200)
        .contentType(startsWith("application/x-ndjson"))
        .header("Content-Disposition", equalTo("attachment; filename=\"tasks.ndjson\""));
  }

  @Test
  void http10GetsTheExportWithoutChunks() throws IOException {
    alice.has("first");

    String answer =
        RawHttp.exchange(
            export,
            "GET %s HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
                .formatted(EXPORT, Tokens.token(alice.name())));

    assertTrue(answer.contains("\"title\":\"first\""), answer);
    assertTrue(answer.endsWith("}\n"), answer);
  }

  /** The client does not read, so the service stops reading, too, and so does the database. */
  @Test
  void aClientThatDisconnectsStopsTheExport() throws Exception {
    TestDatabase.execute(
        """
        insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,
          search, title_key)
        select nextval('task_id_seq'), '%s', 't' || n, repeat('d', 500), false, false, now(), now(),
          'a', 'a'
        from generate_series(1, 30000) n
        """
            .formatted(alice.name()));
    wire.reset();
    try (Socket client = new Socket(export.getHost(), export.getPort())) {
      client.setReceiveBufferSize(4096);
      client
          .getOutputStream()
          .write(
              "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
                  .formatted(EXPORT, Tokens.token(alice.name()))
                  .getBytes(StandardCharsets.UTF_8));
      client.getInputStream().readNBytes(1_000);
      Thread.sleep(1_500);
      int read = wire.work().size();
      Thread.sleep(500);
      assertEquals(read, wire.work().size(), "the export waits for its client");
      assertTrue(read < 30_000 / TaskExport.PAGE, read + " pages");
      alice.roughRequest().get(EXPORT).then().statusCode(429);
    }
    for (int i = 0; i < 50; i++) {
      if (alice.authorized().get(EXPORT).statusCode() == 200) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("the export of the disconnected client has not ended");
  }

  /** Nothing else than the connection says that nobody takes the lines. */
  @Test
  void aClientThatDisconnectsAtOnceKeepsNoExport() throws Exception {
    has(alice, 2_500);
    for (int i = 0; i < 20; i++) {
      try (Socket client = new Socket(export.getHost(), export.getPort())) {
        if (i % 2 == 0) {
          client.setSoLinger(true, 0); // RST
        }
        client
            .getOutputStream()
            .write(
                "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
                    .formatted(EXPORT, Tokens.token(alice.name()))
                    .getBytes(StandardCharsets.UTF_8));
        if (i % 4 > 1) {
          client.shutdownOutput();
        }
        Thread.sleep(i / 4);
      }
      int status = 429;
      for (int wait = 0; wait < 30 && status == 429; wait++) {
        Thread.sleep(100);
        status = alice.authorized().get(EXPORT).statusCode();
      }
      assertEquals(200, status, "after disconnection " + i);
    }
  }

  @Test
  void withoutTheDatabaseAnExportIs503() {
    wire.cut();

    alice.request().get(EXPORT).then().statusCode(503);
  }

  /** All fields of random tasks, from one user to another. */
  @Test
  void anExportImportedGivesTheSameTasks() {
    Random random = new Random(5);
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      ids.add(alice.has(Samples.task(random)));
    }
    ids.stream().filter(id -> id % 4 == 0).forEach(id -> alice.delete(id).statusCode(204));
    ids.stream().filter(id -> id % 4 == 1).forEach(id -> alice.flip(id).statusCode(200));

    importInto(bob, file(alice)).statusCode(200).body("tasks", equalTo(150));

    List<JsonObject> mine = lines(alice);
    List<JsonObject> theirs = lines(bob);
    assertEquals(
        mine.stream().map(task -> Samples.fields(task.getMap())).toList(),
        theirs.stream().map(task -> Samples.fields(task.getMap())).toList());
    theirs.forEach(
        task -> {
          assertEquals(bob.name(), task.getString("user_id"));
          assertEquals(1, task.getInteger("version"));
        });
    for (String count : List.of("open", "completed", "deleted")) {
      assertEquals(
          (Integer) alice.request().get("/api/v1/me").path("tasks." + count),
          bob.request().get("/api/v1/me").path("tasks." + count),
          count);
    }
    String query = "?q=t&sort=title&limit=1000";
    assertEquals(
        alice.list(query).extract().<List<String>>path("title"),
        bob.list(query).extract().<List<String>>path("title"));
  }

  @Test
  void aFileByHandNeedsNoLastLineAndFewFields() {
    importInto(
            alice,
            """
            {"title": "Buy milk", "created_at": "2020-02-29T23:00:00+01:00"}\r

              {"description": "Water the plants", "completed": true}
            {"title": "old", "deleted": true, "deleted_at": "2026-01-01T00:00:00Z"}
            {"title": "kept", "deleted": true, "purge_at": null, "id": 7, "user_id": "eve", "version": 9}            """)
        .statusCode(200)
        .body("keySet()", contains("tasks"))
        .body("tasks", equalTo(4));

    List<JsonObject> tasks = lines(alice);
    assertEquals("2020-02-29T22:00:00.000000Z", tasks.get(0).getString("created_at"));
    assertEquals("Water the plants", tasks.get(1).getString("title"));
    assertEquals(tasks.get(1).getString("created_at"), tasks.get(1).getString("completed_at"));
    assertEquals("2026-01-31T00:00:00.000000Z", tasks.get(2).getString("purge_at"));
    assertEquals(null, tasks.get(3).getString("purge_at"));
    assertEquals(alice.name(), tasks.get(3).getString("user_id"));
  }

  @Test
  void errorsNameTheirLines() {
    importInto(
            alice,
            """
            {"title": "fine"}
            {"title": 5}

            {"titel": "unknown"}
            {"completed_at": "2026-01-01T00:00:00Z"}
            {"deleted_at": "2026-01-01T00:00:00Z"}
            {"created_at": "yesterday", "due": "x"}
            {"created_at": "0000-01-01T00:00:00Z"}
            {"title": "a"
            {"deleted": null}
            {"due": "2026-01-13", "due_zone": "UTC"}
            []
            null
            {"title": "twice", "title": "twice"}
            {"end": true, "tasks": 4}
            {"title": "after"}
            """)
        .statusCode(400)
        .body("errors.line", contains(2, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
        .body(
            "errors.field",
            contains(
                "title",
                "titel",
                "completed_at",
                "deleted_at",
                "created_at",
                "due",
                "created_at",
                "body",
                "deleted",
                "due_zone",
                "body",
                "body",
                "body",
                "tasks",
                "body"))
        .body("errors[0].message", equalTo("must be a string"))
        .body("errors[13].message", equalTo("is 4, but 13 tasks came before it"));
    assertEquals(List.of(), lines(alice));
  }

  /** Also at the bounds: as sent, in every order, and after other changes. */
  @Test
  void timesNeverMove() {
    List<String> times =
        List.of(
            "1900-01-01T00:00:00.000000Z",
            "1969-12-31T23:59:59.999999Z",
            "2026-02-28T12:00:00.123456Z",
            "2262-04-11T23:47:16.854775Z",
            "2262-04-12T00:00:00.000000Z",
            "9999-12-31T23:59:59.999999Z");
    StringBuilder file = new StringBuilder();
    for (String time : times) {
      file.append(
          "{\"created_at\": \"%1$s\", \"completed\": true, \"completed_at\": \"%1$s\"}\n"
              .formatted(time));
    }
    importInto(alice, file.toString()).statusCode(200);

    for (String order : List.of("created_at", "-completed_at")) {
      String query = "?limit=1&sort=" + order;
      List<String> seen = new ArrayList<>();
      for (String page = query; page != null; ) {
        var response = alice.list(page).statusCode(200).extract();
        seen.add(response.path("[0].created_at"));
        String link = response.header("Link");
        page = link == null ? null : link.replaceAll("<[^?]*(.*)>.*", "$1");
      }
      assertEquals(times, order.startsWith("-") ? reversed(seen) : seen, order);
    }
    List<Map<String, Object>> updates =
        lines(alice).stream()
            .map(
                task ->
                    Map.<String, Object>of(
                        "op", "update", "id", task.getLong("id"), "task", Map.of("title", "new")))
            .toList();
    alice
        .request()
        .contentType("application/json")
        .body(Map.of("operations", updates))
        .post(TaskBatchContract.BATCH)
        .then()
        .statusCode(200);
    List<JsonObject> tasks = lines(alice);
    for (String field : List.of("created_at", "completed_at")) {
      assertEquals(times, tasks.stream().map(task -> task.getString(field)).toList(), field);
    }
    importInto(
            alice,
            """
            {"created_at": "1899-12-31T23:59:59Z"}
            {"created_at": "9999-12-31T23:59:59-01:00"}
            """)
        .statusCode(400)
        .body("errors.line", contains(1, 2));
    importInto(alice, "{\"deleted\": true, \"deleted_at\": \"9999-12-31T23:59:59Z\"}")
        .statusCode(200);
    assertEquals(null, lines(alice).get(tasks.size()).getString("purge_at"));
  }

  private static List<String> reversed(List<String> list) {
    List<String> reversed = new ArrayList<>(list);
    Collections.reverse(reversed);
    return reversed;
  }

  @Test
  void aLineIsBounded() {
    importInto(alice, "{}\n{\"title\": \"a\"" + " ".repeat(64 * 1024) + "}\n")
        .statusCode(400)
        .body("errors.line", contains(2))
        .body("errors.message", contains("must be at most 64 KiB long"));
    String longName = "k".repeat(10_000);
    importInto(alice, "{\"%s\": 1}\n{\"metadata\": {\"\\ud800\": \"x\"}}\n".formatted(longName))
        .statusCode(400)
        .body("errors[0].field", equalTo("k".repeat(100) + "…"))
        .body("errors[1].message", equalTo("is not valid JSON (column 22)"));
    importInto(alice, "{\"end\": true}\n{}\n").statusCode(400).body("errors.line", contains(1, 2));
    importInto(alice, "{\"end\": true, \"tasks\": null}").statusCode(400);
    importInto(alice, "{\"end\": false, \"tasks\": 0}").statusCode(400);
  }

  @Test
  void aCutFileIsRefused() {
    alice.has("first");
    alice.has("second");
    String file = file(alice);

    importInto(bob, file.substring(0, file.indexOf("second"))).statusCode(400);
    importInto(bob, file.substring(file.indexOf('\n') + 1))
        .statusCode(400)
        .body("errors.message", contains("is 2, but 1 tasks came before it"));
    importInto(bob, "").statusCode(400);
    importInto(bob, "\n\n").statusCode(400);
    assertEquals(List.of(), lines(bob));
  }

  @Test
  void anImportHasBounds() {
    importInto(alice, "{}\n".repeat(TaskImport.TASKS_MAX + 1))
        .statusCode(400)
        .body("errors.line", contains(10_001))
        .body("errors.message", contains("must be at most 10000 tasks"));
    importInto(alice, "{}" + " ".repeat(8 * 1024 * 1024)).statusCode(413);
    importInto(alice, "{\"title\": 1}\n".repeat(1_000))
        .statusCode(400)
        .body("errors.size()", equalTo(100));
    alice
        .roughRequest()
        .contentType("application/json")
        .body("{}")
        .post(IMPORT)
        .then()
        .statusCode(415)
        .body("detail", equalTo("The body must be application/x-ndjson, not application/json."));
    alice
        .roughRequest()
        .contentType("application/x-ndjson")
        .body(new byte[] {'{', '}', (byte) 0xff})
        .post(IMPORT)
        .then()
        .statusCode(400);
    assertEquals(List.of(), lines(alice));
  }

  @Test
  void theLargestImportIsStored() {
    importInto(alice, "{\"title\": \"t\", \"tags\": [\"a\"]}\n".repeat(TaskImport.TASKS_MAX))
        .statusCode(200)
        .body("tasks", equalTo(TaskImport.TASKS_MAX));

    assertEquals(TaskImport.TASKS_MAX, (int) alice.request().get("/api/v1/me").path("tasks.open"));
    long id = alice.has("next");
    alice.request().get(EventReader.CHANGES + "?since=now").then().statusCode(200);
    assertEquals(
        TaskImport.TASKS_MAX + 1,
        TestDatabase.<Long>query(
            Long.class, "(select change_seq from task where id = " + id + ")"));
  }

  @Test
  void aRepeatWithTheSameKeyImportsNothingMore() {
    String key = UUID.randomUUID().toString();
    String file = "{\"title\": \"once\"}\n";
    importInto(alice, file, key).statusCode(200);

    importInto(alice, file, key)
        .statusCode(200)
        .header("Idempotency-Replayed", equalTo("true"))
        .body("tasks", equalTo(1));
    importInto(alice, "{}", key).statusCode(422);

    assertEquals(List.of("once"), titles(lines(alice)));
  }
}
