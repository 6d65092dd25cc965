package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The memory of exports and imports is bounded: a JVM with little of it serves the largest. */
@Tag("system")
@Execution(ExecutionMode.CONCURRENT)
class LargeExportIT {

  private static final User ALICE = User.fresh();

  private static final int TASKS = 100_000;

  /** Without triggers, which take long. */
  private static final String FILL =
      """
      set session_replication_role = replica;
      insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,
        search, title_key, change_seq)
      select nextval('task_id_seq'), '%1$s', 'a', repeat('x', 500), false, n %% 10 = 0,
        now() + n * interval '1 ms', now(), 'a', 'a', n
      from generate_series(1, %2$d) n;
      insert into task_counter (user_id, seq, open_tasks, deleted_tasks)
      values ('%1$s', %2$d, %2$d * 0.9, %2$d * 0.1);
      """;

  @Test
  void aHundredThousandTasksNeedLittleMemory() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        PackagedApplication.Running service =
            new PackagedApplication.Running(
                Map.of(
                    "DATABASE_URL",
                    "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres",
                    "BETTER_AUTH_SECRET",
                    Tokens.SECRET,
                    "JAVA_TOOL_OPTIONS",
                    "-Xmx128m -XX:+ExitOnOutOfMemoryError"))) {
      try (Connection connection = postgres.getPostgresDatabase().getConnection();
          Statement sql = connection.createStatement()) {
        sql.execute(FILL.formatted(ALICE.name(), TASKS));
      }

      String last = null;
      int lines = 0;
      try (BufferedReader export = open(service.url(TaskExportContract.EXPORT))) {
        Thread.sleep(1_000); // a client that begins to read late
        for (String line = export.readLine(); line != null; line = export.readLine()) {
          last = line;
          lines++;
        }
      }

      assertEquals(TASKS + 1, lines);
      assertTrue(last.startsWith("{\"end\":true,\"tasks\":" + TASKS + ","), last);
      User bob = User.fresh();
      String file =
          "{\"description\": \"%s\", \"metadata\": {\"a\": \"%s\"}}\n"
              .formatted("ä".repeat(300), "b".repeat(120))
              .repeat(TaskImport.TASKS_MAX);
      assertTrue(file.getBytes(StandardCharsets.UTF_8).length > 7_000_000);
      bob.authorized()
          .contentType("application/x-ndjson")
          .body(file.getBytes(StandardCharsets.UTF_8))
          .post(service.url(TaskExportContract.IMPORT))
          .then()
          .statusCode(200)
          .body("tasks", equalTo(TaskImport.TASKS_MAX));
    }
  }

  private static BufferedReader open(String url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setRequestProperty("Authorization", "Bearer " + Tokens.token(ALICE.name()));
    assertEquals(200, connection.getResponseCode());
    return new BufferedReader(
        new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
  }
}
