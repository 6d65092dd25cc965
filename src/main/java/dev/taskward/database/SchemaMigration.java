package dev.taskward.database;

import dev.taskward.common.DatabaseFailure;
import dev.taskward.config.TaskwardConfig;
import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.All;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.io.BufferedReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.flywaydb.core.api.migration.JavaMigration;
import org.jboss.logging.Logger;
import org.postgresql.Driver;

/**
 * Waits for the database, and then migrates or validates the schema with Flyway. Flyway's own
 * retries also repeat a wrong password, and SIGTERM does not end them.
 */
@Singleton
@RegisterForReflection(targets = Driver.class) // Flyway finds it by its name
class SchemaMigration implements FlywayConfigurationCustomizer {

  private static final Logger LOG = Logger.getLogger(SchemaMigration.class);

  private static final Pattern CREATED = Pattern.compile("create (?:table|sequence) (\\w+)");

  /** If the schema has no history of Flyway: which of our names it has already. */
  private static final String TAKEN =
      """
      with here as (select relname::text as name from pg_class
          where relnamespace = current_schema()::regnamespace)
      select current_schema(), string_agg(name, ', ' order by name) from here
      where name = any (?) and not exists (select from here where name = ?)
      """;

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final AgroalDataSource pool;
  private final List<JavaMigration> javaMigrations;
  private final Duration timeout;
  private final boolean migrates;
  private final Optional<String> username;
  private final Optional<String> password;

  SchemaMigration(
      AgroalDataSource pool,
      @All List<JavaMigration> javaMigrations,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.datasource.username") Optional<String> username,
      @ConfigProperty(name = "quarkus.datasource.password") Optional<String> password) {
    this.pool = pool;
    this.javaMigrations = javaMigrations;
    this.timeout = config.database().startTimeout();
    this.migrates = !config.migrate().equals("never");
    this.username = username;
    this.password = password;
  }

  /**
   * Gives Flyway its own connections: those of the pool have the time limit of requests, which is
   * too short for a migration. Flyway needs no prepared statements, and a pooler may not support
   * them.
   */
  @Override
  public void customize(FluentConfiguration flyway) {
    await();
    flyway.jdbcProperties(Map.of("prepareThreshold", "0"));
    // Quarkus looks for them in db/migration only.
    flyway.javaMigrations(javaMigrations.toArray(JavaMigration[]::new));
    if (flyway.getDataSource() instanceof AgroalDataSource) { // no separate role migrates
      String url =
          pool.getConfiguration()
              .connectionPoolConfiguration()
              .connectionFactoryConfiguration()
              .jdbcUrl();
      flyway.dataSource(url, username.orElse(null), password.orElse(null));
    } else {
      flyway.dataSource(flyway.getUrl(), flyway.getUser(), flyway.getPassword());
    }
    if (migrates) {
      refuseTablesOfOthers(flyway);
      migrate(flyway.load());
    } else {
      flyway.load().validate();
    }
  }

  /** Flyway itself would create its baseline and then fail with advice that does not help. */
  private void refuseTablesOfOthers(FluentConfiguration flyway) {
    try (Connection connection = pool.getConnection();
        PreparedStatement sql = connection.prepareStatement(TAKEN)) {
      sql.setArray(1, connection.createArrayOf("text", created(flyway)));
      sql.setString(2, flyway.getTable());
      try (ResultSet schema = sql.executeQuery()) {
        schema.next();
        if (schema.getString(2) != null) {
          throw new SQLException(
              ("the schema %s has %s, but no %s: another application created them. Give Taskward"
                      + " its own schema or database, see docs/operations.md.")
                  .formatted(schema.getString(1), schema.getString(2), flyway.getTable()));
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e); // Taskward reports it in one line
    }
  }

  /** The tables and sequences that the migrations create. */
  private static Object[] created(FluentConfiguration flyway) {
    return flyway.getResourceProvider().getResources("V", new String[] {".sql"}).stream()
        .flatMap(migration -> new BufferedReader(migration.read()).lines())
        .flatMap(line -> CREATED.matcher(line).results())
        .map(created -> created.group(1))
        .toArray();
  }

  /** Repeats a migration that failed because another instance created the history as well. */
  private static void migrate(Flyway flyway) {
    try {
      flyway.migrate();
    } catch (FlywayValidateException e) {
      throw e;
    } catch (FlywayException e) {
      LOG.debug("The migration is repeated", e);
      flyway.migrate();
    }
  }

  private void await() {
    long start = System.nanoTime();
    boolean logged = false;
    CountDownLatch stop = new CountDownLatch(1);
    Thread hook = new Thread(stop::countDown); // Quarkus' own hook waits for the end of startup
    Runtime.getRuntime().addShutdownHook(hook);
    while (true) {
      try (Connection connection = pool.getConnection()) {
        Runtime.getRuntime().removeShutdownHook(hook);
        return;
      } catch (SQLException e) {
        // A wrong password or name stays wrong.
        if (!DatabaseFailure.isTransient(e)
            || System.nanoTime() - start >= timeout.toNanos()
            || isStopped(stop)) {
          throw new IllegalStateException(e); // Taskward reports it in one line
        }
        if (!logged) {
          LOG.warnf(
              "The database is unavailable. Startup waits for up to %d s: %s",
              timeout.toSeconds(), e.getMessage());
          logged = true;
        }
      }
    }
  }

  private static boolean isStopped(CountDownLatch stop) {
    try {
      return stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
