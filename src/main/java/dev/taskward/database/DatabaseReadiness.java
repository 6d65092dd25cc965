package dev.taskward.database;

import dev.taskward.common.DatabaseFailure;
import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports whether requests can read and write. It queries the database while the service uses it,
 * and after a failure until it recovers. Otherwise it repeats the last result, so that a database
 * can scale to zero.
 */
@Readiness
@ApplicationScoped
class DatabaseReadiness implements HealthCheck {

  /** How long the database counts as used. */
  private static final Duration IN_USE = Duration.ofMinutes(1);

  private final AgroalDataSource pool;
  private final ConnectionEviction connections;
  private final LongSupplier nanoTime;

  private volatile boolean healthy;

  /** The pool's count of acquired connections at the last query. */
  private volatile long acquired;

  private volatile long usedAt;

  @Inject
  DatabaseReadiness(AgroalDataSource pool, ConnectionEviction connections) {
    this(pool, connections, System::nanoTime);
  }

  DatabaseReadiness(AgroalDataSource pool, ConnectionEviction connections, LongSupplier nanoTime) {
    this.pool = pool;
    this.connections = connections;
    this.nanoTime = nanoTime;
  }

  void onFailure(@Observes DatabaseFailure.Unavailable failure) {
    healthy = false;
  }

  @Override
  public HealthCheckResponse call() {
    if (pool.getMetrics().acquireCount() != acquired) {
      usedAt = nanoTime.getAsLong();
    }
    boolean idle = nanoTime.getAsLong() - usedAt > IN_USE.toNanos();
    return healthy && idle ? response(null) : query();
  }

  private HealthCheckResponse query() {
    String reason = null;
    try (Connection connection = pool.getConnection();
        Statement sql = connection.createStatement();
        ResultSet readOnly = sql.executeQuery("show transaction_read_only")) {
      readOnly.next();
      if (readOnly.getString(1).equals("on")) {
        reason = "read-only";
        connections.flushReadOnly();
      }
    } catch (SQLException e) {
      reason = e.getMessage();
    }
    healthy = reason == null;
    acquired = pool.getMetrics().acquireCount();
    return response(reason);
  }

  private static HealthCheckResponse response(String reason) {
    return reason == null
        ? HealthCheckResponse.up("database")
        : HealthCheckResponse.named("database").down().withData("reason", reason).build();
  }
}
