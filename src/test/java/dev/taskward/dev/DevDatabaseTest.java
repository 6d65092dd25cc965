package dev.taskward.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs separate JVMs, as on a developer's machine. */
@Tag("system")
class DevDatabaseTest {

  @TempDir Path folder;

  public static void main(String... args) throws Exception {
    System.out.println(DevDatabase.url(Path.of(args[0])));
    System.in.read(); // until the test closes the pipe
  }

  @Test
  void dataSurvivesARestart() throws Exception {
    try (Jvm first = new Jvm(folder)) {
      execute(first.url, "create table kept as select 42 as answer");
    }
    assertFalse(Files.exists(folder.resolve("postmaster.pid")), "it stops with its JVM");
    try (Jvm second = new Jvm(folder)) {
      assertEquals(42, query(second.url, "select answer from kept"));
      String privileged =
          "select (rolsuper or rolbypassrls)::int from pg_roles where rolname = current_user";
      assertEquals(0, query(second.url, privileged));
    }
  }

  @Test
  void aSecondJvmUsesTheRunningOne() throws Exception {
    try (Jvm first = new Jvm(folder)) {
      try (Jvm second = new Jvm(folder)) {
        assertEquals(first.url, second.url);
      }
      assertEquals(1, query(first.url, "select 1"));
    }
  }

  @Test
  void theServerOfAKilledJvmIsReplaced() throws Exception {
    Jvm killed = new Jvm(folder);
    execute(killed.url, "create table kept as select 42 as answer");
    killed.process.destroyForcibly().waitFor();
    long orphan =
        Long.parseLong(Files.readAllLines(folder.resolve("postmaster.pid")).get(0).strip());

    try (Jvm next = new Jvm(folder)) {
      assertEquals(42, query(next.url, "select answer from kept"));
      assertFalse(ProcessHandle.of(orphan).map(ProcessHandle::isAlive).orElse(false));
    }
  }

  private static void execute(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, "postgres", "")) {
      connection.createStatement().execute(sql);
    }
  }

  /** Uses the service's role, which becomes the owner of every table. */
  private static int query(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, DevDatabase.ROLE, "");
        ResultSet rows = connection.createStatement().executeQuery(sql)) {
      assertTrue(rows.next());
      return rows.getInt(1);
    }
  }

  private static final class Jvm implements AutoCloseable {

    final Process process;
    final String url;

    Jvm(Path folder) throws IOException {
      process =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElseThrow(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  DevDatabaseTest.class.getName(),
                  folder.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      List<String> output = process.inputReader().lines().limit(1).toList();
      url = output.isEmpty() ? "it did not start" : output.get(0);
    }

    @Override
    public void close() throws IOException, InterruptedException {
      process.outputWriter().close();
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    }
  }
}
