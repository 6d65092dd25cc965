package dev.taskward.idempotency;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Deletes the expired stored responses of all users. The job has no current user, so it bypasses
 * Hibernate with one JDBC statement. The database function bypasses row-level security for older
 * rows, and returns none of their data.
 */
@ApplicationScoped
class ExpiredKeyCleanup {

  private static final Logger LOG = Logger.getLogger(ExpiredKeyCleanup.class);

  private static final int BATCH = 1_000;

  private static final String SWEEP = "select idempotency_key_sweep(?, " + BATCH + ")";

  private final DataSource database;
  private final TaskwardConfig.Idempotency config;

  ExpiredKeyCleanup(DataSource database, TaskwardConfig config) {
    this.database = database;
    this.config = config.idempotency();
  }

  @Scheduled(
      every = "${taskward.idempotency.sweep-every}",
      delayed = "${taskward.idempotency.sweep-every}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  void run() {
    Timestamp expired = Timestamp.from(Instant.now().minus(config.lifetime()));
    try (Connection connection = database.getConnection();
        PreparedStatement sweep = connection.prepareStatement(SWEEP)) {
      sweep.setTimestamp(1, expired);
      int deleted = BATCH;
      while (deleted == BATCH) { // each batch is a transaction of its own
        try (ResultSet result = sweep.executeQuery()) {
          result.next();
          deleted = result.getInt(1);
        }
      }
    } catch (SQLException e) {
      LOG.warnf("Expired idempotency keys stay until the next sweep: %s", e.getMessage());
    }
  }
}
