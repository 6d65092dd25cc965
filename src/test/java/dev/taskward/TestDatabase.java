package dev.taskward;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * The database of a test run: one real PostgreSQL, empty at first. The service reaches it through
 * {@link PostgresProxy}. This class also chooses the management port of the service.
 */
public class TestDatabase implements QuarkusTestResourceLifecycleManager {

  private static EmbeddedPostgres postgres;
  private static PostgresProxy proxy;
  private static int managementPort;

  @Override
  public Map<String, String> start() {
    try {
      postgres =
          EmbeddedPostgres.builder()
              // The usual value for SSDs. The default is for spinning disks.
              .setServerConfig("random_page_cost", "1.1")
              // Logs no plans until a test switches it on.
              .setServerConfig("session_preload_libraries", "auto_explain")
              .setServerConfig("auto_explain.log_level", "notice")
              .setServerConfig("auto_explain.log_format", "json")
              .setServerConfig("auto_explain.log_analyze", "on")
              .setServerConfig("auto_explain.log_buffers", "on")
              .start();
      managementPort = PackagedApplication.freePort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (Connection connection = connect();
        Statement sql = connection.createStatement()) {
      // An ordinary role, as hosters provide. Superusers bypass row-level security.
      sql.execute("create role taskward login");
      sql.execute("alter database postgres owner to taskward");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    proxy = new PostgresProxy(postgres.getPort());
    return Map.of(
        "DATABASE_URL",
        "postgresql://taskward@localhost:" + proxy.port() + "/postgres?sslmode=disable",
        "BETTER_AUTH_SECRET",
        Tokens.SECRET,
        "taskward.api-docs",
        "true",
        "quarkus.shutdown.delay",
        "0S",
        "quarkus.management.port",
        Integer.toString(managementPort),
        "quarkus.management.test-port",
        Integer.toString(managementPort));
  }

  @Override
  public void stop() {
    try {
      proxy.close();
      postgres.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL of a path on the management port of the service. */
  public static String management(String path) {
    return "http://localhost:" + managementPort + path;
  }

  public static PostgresProxy proxy() {
    return proxy;
  }

  /** Opens a connection as superuser, without the service and the proxy. */
  public static Connection connect() throws SQLException {
    return postgres.getPostgresDatabase().getConnection();
  }

  public static void execute(String sql) {
    execute("postgres", sql);
  }

  /** Executes SQL from another database, since the service's may reject connections. */
  public static void executeElsewhere(String sql) {
    execute("template1", sql);
  }

  private static void execute(String database, String sql) {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens a connection with the service's role. */
  public static Connection connectAsService() throws SQLException {
    return postgres.getDatabase("taskward", "postgres").getConnection();
  }

  /** Evaluates an SQL expression. */
  public static <T> T query(Class<T> type, String expression) {
    try (Connection connection = connect();
        Statement sql = connection.createStatement();
        ResultSet row = sql.executeQuery("select " + expression)) {
      row.next();
      return row.getObject(1, type);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens a transaction that locks the task's row, so that changes of the task wait. */
  public static Connection heldTask(long id) throws SQLException {
    Connection connection = connect();
    connection.setAutoCommit(false);
    connection.createStatement().execute("select from task where id = " + id + " for update");
    return connection;
  }

  /** Waits until a request waits for a lock. */
  public static void awaitWaiter(Connection transaction) throws SQLException, InterruptedException {
    try (Statement sql = transaction.createStatement()) {
      for (int i = 0; i < 100; i++) {
        if (sql.executeQuery("select from pg_locks where not granted").next()) {
          return;
        }
        Thread.sleep(50);
      }
    }
    throw new AssertionError("no request waits for the lock");
  }
}
