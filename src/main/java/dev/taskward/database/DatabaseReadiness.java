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
 * Says whether requests can read and write. It asks the database while requests and jobs use it,
 * and after a failure until it is well again. Otherwise the last answer stands, so that a database
 * that scales to zero can sleep.
 */
@Readiness
@ApplicationScoped
class DatabaseReadiness implements HealthCheck {

  /** How long the database counts as used. */
  private static final Duration IN_USE = Duration.ofMinutes(1);

  private final AgroalDataSource pool;
  private final ConnectionEviction connections;
  private final LongSupplier nanoTime;

  private volatile boolean well;

  /** Connections that were lent, when that was last looked at. */
  private volatile long lent;

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

  void doubt(@Observes DatabaseFailure.Away away) {
    well = false;
  }

  @Override
  public HealthCheckResponse call() {
    if (pool.getMetrics().acquireCount() != lent) {
      usedAt = nanoTime.getAsLong();
    }
    boolean idle = nanoTime.getAsLong() - usedAt > IN_USE.toNanos();
    return well && idle ? response(null) : ask();
  }

  private HealthCheckResponse ask() {
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
    well = reason == null;
    lent = pool.getMetrics().acquireCount();
    return response(reason);
  }

  private static HealthCheckResponse response(String reason) {
    return reason == null
        ? HealthCheckResponse.up("database")
        : HealthCheckResponse.named("database").down().withData("reason", reason).build();
  }
}
