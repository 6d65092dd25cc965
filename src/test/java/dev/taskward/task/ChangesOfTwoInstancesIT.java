package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PackagedApplication;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two processes of the packaged application, with the changes of one user. */
@Tag("system")
class ChangesOfTwoInstancesIT {

  private static final int SEED = 7;

  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private static final PackagedApplication.Running[] INSTANCES = new PackagedApplication.Running[2];

  private static EmbeddedPostgres postgres;

  private final User alice = User.fresh();

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.start();
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("create role taskward login");
      sql.execute("alter database postgres owner to taskward");
    }
    for (int i = 0; i < INSTANCES.length; i++) {
      INSTANCES[i] = instance();
    }
  }

  private static PackagedApplication.Running instance() throws IOException {
    return new PackagedApplication.Running(
        Map.of(
            "DATABASE_URL",
            "postgresql://taskward@localhost:" + postgres.getPort() + "/postgres",
            "BETTER_AUTH_SECRET",
            Tokens.SECRET,
            "TASKWARD_TRASH_RETENTION",
            "1s",
            "TASKWARD_TRASH_PURGE_INTERVAL",
            "1s"));
  }

  @AfterAll
  static void stop() throws Exception {
    for (PackagedApplication.Running instance : INSTANCES) {
      instance.stop();
    }
    postgres.close();
  }

  /** Every kind of write to the same tasks, by 16 threads for 30 s, while both instances purge. */
  @Test
  void writesOfOneUserDoNotBlockOneAnother() throws Exception {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(new JsonObject(send(i % 2, "POST", "", "{}", null).body()).getInteger("id"));
    }
    Instant end = Instant.now().plusSeconds(30);
    Map<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();

    List<CompletableFuture<Void>> writers =
        IntStream.range(0, 16)
            .mapToObj(
                n ->
                    CompletableFuture.runAsync(
                        () -> {
                          Random random = new Random(SEED + n);
                          while (Instant.now().isBefore(end)) {
                            int status = write(random, ids);
                            statuses
                                .computeIfAbsent(status, s -> new AtomicInteger())
                                .incrementAndGet();
                          }
                        },
                        Threads.EACH))
            .toList();
    writers.forEach(CompletableFuture::join);

    assertTrue(statuses.keySet().stream().allMatch(status -> status < 500), statuses.toString());
    assertTrue(statuses.get(200).get() > 100, statuses.toString());
    assertEquals("0", one("select deadlocks from pg_stat_database where datname = 'postgres'"));
    assertCounterIsExact();
  }

  private int write(Random random, List<Integer> ids) {
    int instance = random.nextInt(2);
    String task = "/" + ids.get(random.nextInt(ids.size()));
    String key = random.nextInt(3) == 0 ? UUID.randomUUID().toString() : null;
    return switch (random.nextInt(9)) {
      case 0, 1 -> send(instance, "PATCH", task + "/complete", null, key).statusCode();
      case 2 ->
          send(instance, "PUT", task, "{\"title\":\"" + random.nextInt() + "\"}", null)
              .statusCode();
      case 3 -> send(instance, "POST", "", "{}", key).statusCode();
      case 4 -> send(instance, "DELETE", task, null, null).statusCode();
      case 5 -> send(instance, "POST", task + "/restore", null, key).statusCode();
      case 6 -> send(instance, "DELETE", task + "?permanent=true", null, null).statusCode();
      case 7 -> send(instance, "DELETE", "?deleted=true", null, null).statusCode();
      default ->
          send(instance, "PATCH", task, "{\"tags\":[\"" + random.nextInt() + "\"]}", key)
              .statusCode();
    };
  }

  private void assertCounterIsExact() throws SQLException {
    assertEquals(
        one(
            """
            select count(*) filter (where not deleted and not completed) || ' '
              || count(*) filter (where not deleted and completed) || ' '
              || count(*) filter (where deleted) from task where user_id = '%s'
            """
                .formatted(alice.name())),
        one(
            """
            select concat_ws(' ', open_tasks, completed_tasks, deleted_tasks) from task_counter
            where user_id = '%s'
            """
                .formatted(alice.name())));
  }

  /** Writers and readers at random; one instance is killed. Every copy is complete at the end. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGKILL")
  void everyReadersCopyEqualsTheList() throws Exception {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ids.add(new JsonObject(send(i % 2, "POST", "", "{}", null).body()).getInteger("id"));
    }
    Instant end = Instant.now().plusSeconds(20);
    List<CompletableFuture<Void>> writers =
        IntStream.range(0, 6)
            .mapToObj(
                n ->
                    CompletableFuture.runAsync(
                        () -> {
                          Random random = new Random(SEED * n);
                          while (Instant.now().isBefore(end)) {
                            attempt(() -> write(random, ids));
                          }
                        },
                        Threads.EACH))
            .toList();
    List<Copy> copies = IntStream.range(0, 4).mapToObj(Copy::new).toList();
    List<CompletableFuture<Void>> readers =
        copies.stream()
            .map(
                copy ->
                    CompletableFuture.runAsync(
                        () -> {
                          while (Instant.now().isBefore(end)) {
                            attempt(copy::read);
                          }
                        },
                        Threads.EACH))
            .toList();

    Thread.sleep(7_000);
    INSTANCES[1].signal("KILL");
    Thread.sleep(3_000);
    INSTANCES[1] = instance();
    writers.forEach(CompletableFuture::join);
    readers.forEach(CompletableFuture::join);

    Map<Integer, JsonObject> list = list();
    assertTrue(list.size() > 10, list.size() + " tasks");
    for (Copy copy : copies) {
      while (copy.read()) {
        // there are more changes
      }
      assertEquals(list, copy.living(), "reader " + copy.number + ", " + copy.resets + " resets");
    }
    assertTrue(copies.stream().mapToInt(copy -> copy.pages).sum() > 50, "many pages");
  }

  /** A request to a killed instance fails. */
  private static void attempt(Runnable request) {
    try {
      request.run();
    } catch (IllegalStateException unavailable) {
      // the next one may go to the other instance
    }
  }

  /** What a client knows: it follows the rules of docs/api.md. */
  private class Copy {

    final int number;
    final Random random;
    Map<Integer, JsonObject> tasks = new HashMap<>();
    String cursor;
    int pages;
    int resets;

    Copy(int number) {
      this.number = number;
      this.random = new Random(number);
    }

    /** Reads a page. Returns whether it changed anything, or has a next one. */
    boolean read() {
      String since = cursor == null ? "" : "&since=" + cursor;
      HttpResponse<String> page =
          send(
              random.nextInt(2),
              "GET",
              "/changes?limit=" + (1 + random.nextInt(20)) + since,
              null,
              null);
      if (page.statusCode() == 410) {
        tasks = new HashMap<>();
        cursor = null;
        resets++;
        return true;
      }
      assertEquals(200, page.statusCode(), page.body());
      JsonObject body = new JsonObject(page.body());
      for (Object change : body.getJsonArray("changes")) {
        JsonObject task = (JsonObject) change;
        tasks.merge(
            task.getInteger("id"),
            task,
            (old, fresh) -> old.getLong("version") > fresh.getLong("version") ? old : fresh);
      }
      pages++;
      boolean moved = !body.getString("cursor").equals(cursor);
      cursor = body.getString("cursor");
      return moved || body.getBoolean("more");
    }

    Map<Integer, JsonObject> living() {
      Map<Integer, JsonObject> living = new TreeMap<>(tasks);
      living.values().removeIf(task -> task.getBoolean("deleted"));
      return living;
    }
  }

  private Map<Integer, JsonObject> list() {
    Map<Integer, JsonObject> tasks = new TreeMap<>();
    JsonArray all = new JsonArray(send(0, "GET", "?limit=1000", null, null).body());
    all.forEach(task -> tasks.put(((JsonObject) task).getInteger("id"), (JsonObject) task));
    return tasks;
  }

  /** A stopping instance ends its streams at once, and none of its clients misses a change. */
  @Test
  void aRestartEndsTheStreams() throws Exception {
    try (EventReader stream = EventReader.of(INSTANCES[1].url(""), token(), "")) {
      String cursor = stream.next("up-to-date").id();
      Instant start = Instant.now();
      INSTANCES[1].terminate();

      assertEquals("{\"reason\":\"restart\"}", stream.next("end").data());
      stream.awaitClosed();
      int id = new JsonObject(send(0, "POST", "", "{}", null).body()).getInteger("id");
      try (EventReader other =
          EventReader.of(INSTANCES[0].url(""), token(), "", "Last-Event-ID", cursor)) {
        assertEquals(id, other.nextTask().getInteger("id"));
      }
      INSTANCES[1].stop();
      Duration duration = Duration.between(start, Instant.now());
      assertTrue(duration.toSeconds() < 5, duration.toString());
    }
    INSTANCES[1] = instance();
  }

  @Test
  void aChangeByTheOtherInstanceComesWithinTwoSeconds() throws Exception {
    try (EventReader stream = EventReader.of(INSTANCES[1].url(""), token(), "?since=now")) {
      stream.next("up-to-date");
      for (int i = 0; i < 5; i++) {
        int id = new JsonObject(send(0, "POST", "", "{}", null).body()).getInteger("id");
        Instant start = Instant.now();
        assertEquals(id, stream.nextTask().getInteger("id"));
        stream.next("up-to-date");
        Duration duration = Duration.between(start, Instant.now());
        assertTrue(duration.toMillis() < 2_000, duration.toString());
      }
    }
  }

  private String token() {
    return Tokens.token(alice.name());
  }

  private HttpResponse<String> send(
      int instance, String method, String path, String body, String key) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(INSTANCES[instance].url(User.TASKS + path)))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + token())
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      String patch = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
      request.header("Content-Type", patch);
    }
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    try {
      return CLIENT.send(request.build(), BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String one(String query) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement();
        ResultSet row = sql.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }
}
