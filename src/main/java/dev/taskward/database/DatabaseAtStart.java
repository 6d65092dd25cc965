package dev.taskward.database;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.http.DatabaseFailure;
import io.agroal.api.AgroalDataSource;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jboss.logging.Logger;
import org.postgresql.Driver;

/**
 * Waits at the start for a database that is on its way, and gives the migrations connections of
 * their own: those of the pool wait for an answer no longer than a request may, and a migration may
 * take its time.
 */
@Singleton
@RegisterForReflection(targets = Driver.class) // Flyway finds it by its name
class DatabaseAtStart implements FlywayConfigurationCustomizer {

  private static final Logger LOG = Logger.getLogger(DatabaseAtStart.class);

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final AgroalDataSource pool;
  private final Duration wait;
  private final Optional<String> username;
  private final Optional<String> password;

  DatabaseAtStart(
      AgroalDataSource pool,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.datasource.username") Optional<String> username,
      @ConfigProperty(name = "quarkus.datasource.password") Optional<String> password) {
    this.pool = pool;
    this.wait = config.database().startTimeout();
    this.username = username;
    this.password = password;
  }

  @Override
  public void customize(FluentConfiguration flyway) {
    await();
    if (flyway.getDataSource() instanceof AgroalDataSource) { // and no other role migrates
      String url =
          pool.getConfiguration()
              .connectionPoolConfiguration()
              .connectionFactoryConfiguration()
              .jdbcUrl();
      flyway.dataSource(url, username.orElse(null), password.orElse(null));
    }
  }

  private void await() {
    long start = System.nanoTime();
    boolean told = false;
    while (true) {
      try (Connection there = pool.getConnection()) {
        return;
      } catch (SQLException e) {
        // A wrong password or name stays wrong.
        if (!DatabaseFailure.isTransient(e) || System.nanoTime() - start >= wait.toNanos()) {
          throw new IllegalStateException(e); // of which Taskward makes one line
        }
        if (!told) {
          LOG.warnf(
              "The database is away; waiting for it for up to %d s: %s",
              wait.toSeconds(), e.getMessage());
          told = true;
        }
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
