package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.restassured.specification.RequestSpecification;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged application with Debian's PgBouncer, which assigns a session per transaction. */
@Tag("system")
class PoolerIT {

  private static final Path PGBOUNCER = Path.of("/usr/sbin/pgbouncer");
  private static final int SESSIONS = 3;
  private static final int USERS = 8;
  private static final int ROUNDS = 10;

  @TempDir Path folder;

  /**
   * Starts with an empty database, so that the migrations use the pooler, too. This version of
   * PgBouncer does not support prepared statements.
   */
  @ParameterizedTest
  @ValueSource(strings = {"?prepareThreshold=0", ""})
  void parallelUsersSeeOnlyTheirOwnTasksAndNothingFails(String parameters) throws Exception {
    assumeTrue(Files.isExecutable(PGBOUNCER), "pgbouncer is not installed");
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      try (Connection connection = postgres.getPostgresDatabase().getConnection();
          Statement sql = connection.createStatement()) {
        sql.execute("create role taskward login");
        sql.execute("create database taskward owner taskward");
      }
      int port = PackagedApplication.freePort();
      Process pgbouncer = pgbouncer(port, postgres.getPort());
      try {
        for (int i = 0; !accepts(port); i++) {
          assertTrue(i < 100 && pgbouncer.isAlive(), log());
          Thread.sleep(100);
        }
        serve(postgres, port, parameters);
      } finally {
        pgbouncer.destroy();
        pgbouncer.waitFor();
      }
    }
  }

  private void serve(EmbeddedPostgres postgres, int port, String parameters) throws Exception {
    PackagedApplication.Running service =
        new PackagedApplication.Running(
            Map.of(
                "DATABASE_URL",
                "postgresql://taskward@localhost:" + port + "/taskward" + parameters,
                "BETTER_AUTH_SECRET",
                Tokens.SECRET,
                "QUARKUS_DATASOURCE_JDBC_MAX_SIZE",
                "20"));
    ExecutorService threads = Executors.newFixedThreadPool(USERS);
    try {
      List<CompletableFuture<Set<Integer>>> sessions =
          IntStream.range(0, USERS)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> session(service, User.fresh().name()), threads))
              .toList();
      Set<Integer> all = new java.util.HashSet<>();
      for (CompletableFuture<Set<Integer>> session : sessions) {
        all.addAll(session.get(120, TimeUnit.SECONDS));
      }

      assertEquals(USERS * ROUNDS, all.size());
      try (Connection connection = postgres.getDatabase("taskward", "taskward").getConnection()) {
        assertEquals(0, number(connection, "select count(*) from task"), "row-level security");
        assertEquals(
            SESSIONS,
            number(
                connection,
                "select count(*) from pg_stat_activity where usename = 'taskward' and pid <> pg_backend_pid()"));
      }
    } finally {
      threads.shutdown();
      if (parameters.isEmpty()) {
        List<String> warnings =
            service.stop().stream().filter(line -> line.contains("\"level\":\"WARN\"")).toList();
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(warnings.get(0).contains("continues without them"), warnings.toString());
      } else {
        service.stopWithoutWarning();
      }
    }
  }

  /** Creates, completes and lists tasks, and returns the IDs of the user's tasks. */
  private static Set<Integer> session(PackagedApplication.Running service, String user) {
    Set<Integer> mine = new java.util.HashSet<>();
    for (int i = 0; i < ROUNDS; i++) {
      int id = service.create(as(user).header("Idempotency-Key", "round-" + i));
      mine.add(id);
      String task = service.url(User.TASKS + "/" + id);
      as(user).patch(task + "/complete").then().statusCode(200);
      as("stranger").get(task).then().statusCode(403);
      List<Map<String, Object>> listed = new ArrayList<>();
      String next = service.url(User.TASKS + "?completed=true&limit=4");
      while (next != null) {
        var page = as(user).urlEncodingEnabled(false).get(next).then().statusCode(200).extract();
        listed.addAll(page.jsonPath().getList(""));
        String link = page.header("Link");
        next = link == null ? null : link.substring(1, link.indexOf('>'));
      }
      assertEquals(
          mine, listed.stream().map(t -> (Integer) t.get("id")).collect(Collectors.toSet()));
      assertEquals(mine.size(), listed.size());
    }
    return mine;
  }

  private static RequestSpecification as(String user) {
    return new User(user).authorized();
  }

  private static int number(Connection connection, String query) throws SQLException {
    try (Statement sql = connection.createStatement();
        ResultSet rows = sql.executeQuery(query)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /** As root, PgBouncer requires another user to run as. */
  private Process pgbouncer(int port, int postgres) throws Exception {
    Path users = Files.writeString(folder.resolve("users.txt"), "\"taskward\" \"\"\n");
    Path settings =
        Files.writeString(
            folder.resolve("pgbouncer.ini"),
            """
            [databases]
            taskward = host=127.0.0.1 port=%d
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = trust
            auth_file = %s
            pool_mode = transaction
            default_pool_size = %d
            # The JDBC driver sends this. PgBouncer would refuse the connection.
            ignore_startup_parameters = extra_float_digits
            """
                .formatted(postgres, port, users, SESSIONS));
    List<String> command = new ArrayList<>(List.of(PGBOUNCER.toString(), settings.toString()));
    if (System.getProperty("user.name").equals("root")) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      command.addAll(1, List.of("-u", "nobody"));
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private String log() throws Exception {
    return Files.readString(folder.resolve("log"));
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket("localhost", port)) {
      return socket.isConnected();
    } catch (java.io.IOException e) {
      return false;
    }
  }
}
