package dev.taskward.database;

import static java.util.stream.Collectors.toSet;

import dev.taskward.common.DatabaseFailure;
import dev.taskward.config.TaskwardConfig;
import io.agroal.api.AgroalDataSource;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
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
class SchemaMigration implements FlywayConfigurationCustomizer {

  private static final Logger LOG = Logger.getLogger(SchemaMigration.class);

  /** The schema without Flyway's history: which of our names are taken, and whether others are. */
  private static final String WITHOUT_HISTORY =
      """
      with here as (select oid, nspname from pg_namespace where nspname = current_schema()),
          relation as (select relname as name from pg_class, here where relnamespace = here.oid),
          type as (select typname as name from pg_type, here where typnamespace = here.oid),
          function as (select proname as name from pg_proc, here where pronamespace = here.oid),
          everything as (table relation union table type union table function)
      select nspname,
          (select string_agg(name, ', ' order by name) from everything
           where name in ('task', 'task_id_seq', 'idempotency_key', 'rate_limit')),
          exists (select from everything)
      from here where not exists (select from relation where name = ?)
      """;

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final AgroalDataSource pool;
  private final Duration wait;
  private final boolean migrates;
  private final boolean rowLevelSecurity;
  private final Optional<String> username;
  private final Optional<String> password;

  SchemaMigration(
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
    String url = flyway.getUrl();
    String user = flyway.getUser();
    String secret = flyway.getPassword();
    if (flyway.getDataSource() instanceof AgroalDataSource) { // and no other role migrates
      url =
          pool.getConfiguration()
              .connectionPoolConfiguration()
              .connectionFactoryConfiguration()
              .jdbcUrl();
      user = username.orElse(null);
      secret = password.orElse(null);
    }
    // Connections of its own: the pool's wait for an answer no longer than a request may. Prepared
    // statements gain nothing here, and a pooler may not support them.
    flyway.jdbcProperties(Map.of("prepareThreshold", "0")).dataSource(url, user, secret);
    startFromZero(flyway);
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
            sql.executeQuery(
                "select checksum, success from %s where type <> 'BASELINE'"
                    .formatted(flyway.getTable()))) {
      while (history.next()) {
        applied.add(history.getBoolean(2) ? history.getInt(1) : null);
      }
      return applied.equals(migrations)
          && (!migrates || RowLevelSecurityCheck.isSet(connection, rowLevelSecurity));
    } catch (SQLException e) {
      return false; // there is no history yet, or Flyway will say what it is
    }
  }

  /** Has Flyway begin with V1 in a schema that has tables of others. */
  private void startFromZero(FluentConfiguration flyway) {
    try (Connection connection = pool.getConnection();
        PreparedStatement sql = connection.prepareStatement(WITHOUT_HISTORY)) {
      sql.setString(1, flyway.getTable());
      try (ResultSet schema = sql.executeQuery()) {
        if (schema.next()) {
          if (schema.getString(2) != null) {
            throw new SQLException(
                ("the schema %s has %s, but no %s: these are not Taskward's. Give it a schema or a"
                        + " database of its own, see docs/operations.md.")
                    .formatted(schema.getString(1), schema.getString(2), flyway.getTable()));
          }
          flyway.baselineOnMigrate(schema.getBoolean(3)).baselineVersion("0");
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e); // of which Taskward makes one line
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
