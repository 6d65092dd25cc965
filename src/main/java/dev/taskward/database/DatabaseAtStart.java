package dev.taskward.database;

import static java.util.stream.Collectors.toSet;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.http.DatabaseFailure;
import io.agroal.api.AgroalDataSource;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.internal.resolver.ChecksumCalculator;
import org.jboss.logging.Logger;
import org.postgresql.Driver;

/**
 * Waits at the start for a database that is on its way, and has Flyway migrate it where it is not
 * yet what this version needs.
 */
@Singleton
@RegisterForReflection(targets = Driver.class) // Flyway finds it by its name
class DatabaseAtStart implements FlywayConfigurationCustomizer {

  private static final Logger LOG = Logger.getLogger(DatabaseAtStart.class);

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final AgroalDataSource pool;
  private final Duration wait;
  private final boolean migrates;
  private final boolean rowLevelSecurity;
  private final Optional<String> username;
  private final Optional<String> password;

  DatabaseAtStart(
      AgroalDataSource pool,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.datasource.username") Optional<String> username,
      @ConfigProperty(name = "quarkus.datasource.password") Optional<String> password) {
    this.pool = pool;
    this.wait = config.database().startTimeout();
    this.migrates = !config.migrate().equals("never");
    this.rowLevelSecurity = config.rowLevelSecurity();
    this.username = username;
    this.password = password;
  }

  /** The last of what Quarkus does before it would have Flyway migrate, and before Hibernate. */
  @Override
  public void customize(FluentConfiguration flyway) {
    await();
    if (isCurrent(flyway)) {
      return; // which Flyway would find out by three connections and forty statements
    }
    if (flyway.getDataSource() instanceof AgroalDataSource) { // and no other role migrates
      // The pool's connections wait for an answer no longer than a request may.
      String url =
          pool.getConfiguration()
              .connectionPoolConfiguration()
              .connectionFactoryConfiguration()
              .jdbcUrl();
      flyway.dataSource(url, username.orElse(null), password.orElse(null));
    }
    if (migrates) {
      flyway.load().migrate();
    } else {
      flyway.load().validate();
    }
  }

  /** Whether the history has just the migrations of this version, and policies are as set. */
  private boolean isCurrent(FluentConfiguration flyway) {
    Set<Integer> migrations =
        flyway.getResourceProvider().getResources("V", new String[] {".sql"}).stream()
            .map(ChecksumCalculator::calculate)
            .collect(toSet());
    Set<Integer> applied = new HashSet<>();
    try (Connection connection = pool.getConnection();
        Statement sql = connection.createStatement();
        ResultSet history =
            sql.executeQuery("select checksum, success from " + flyway.getTable())) {
      while (history.next()) {
        applied.add(history.getBoolean(2) ? history.getInt(1) : null);
      }
      return applied.equals(migrations)
          && (!migrates || RowLevelSecurity.isSet(connection, rowLevelSecurity));
    } catch (SQLException e) {
      return false; // there is no history yet, or Flyway will say what it is
    }
  }

  private void await() {
    long start = System.nanoTime();
    boolean told = false;
    CountDownLatch stop = new CountDownLatch(1);
    Thread hook = new Thread(stop::countDown); // Quarkus itself waits for the end of the start
    Runtime.getRuntime().addShutdownHook(hook);
    while (true) {
      try (Connection there = pool.getConnection()) {
        Runtime.getRuntime().removeShutdownHook(hook);
        return;
      } catch (SQLException e) {
        // A wrong password or name stays wrong.
        if (!DatabaseFailure.isTransient(e)
            || System.nanoTime() - start >= wait.toNanos()
            || isTold(stop)) {
          throw new IllegalStateException(e); // of which Taskward makes one line
        }
        if (!told) {
          LOG.warnf(
              "The database is away; waiting for it for up to %d s: %s",
              wait.toSeconds(), e.getMessage());
          told = true;
        }
      }
    }
  }

  private static boolean isTold(CountDownLatch stop) {
    try {
      return stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
