package dev.taskward.idempotency;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Removes the kept answers that have expired, of all users: the job has no caller, so it goes past
 * Hibernate and its discriminator, with the one statement that stands here. It reads nothing and
 * chooses by age alone.
 */
@ApplicationScoped
class Sweep {

  private static final Logger LOG = Logger.getLogger(Sweep.class);

  private static final int BATCH = 1_000;

  /** Several instances may sweep at once: each passes over what another one has in hand. */
  private static final String SQL =
      """
      delete from idempotency_key where id in (
        select id from idempotency_key where created_at < ?
        order by created_at limit ? for update skip locked)
      """;

  private final DataSource database;
  private final TaskwardConfig.Idempotency config;

  Sweep(DataSource database, TaskwardConfig config) {
    this.database = database;
    this.config = config.idempotency();
  }

  @Scheduled(
      every = "${taskward.idempotency.sweep-every}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void run() {
    Timestamp expired = Timestamp.from(Instant.now().minus(config.lifetime()));
    try (Connection connection = database.getConnection();
        PreparedStatement delete = connection.prepareStatement(SQL)) {
      delete.setTimestamp(1, expired);
      delete.setInt(2, BATCH);
      int swept = BATCH;
      while (swept == BATCH) { // each batch is a transaction of its own
        swept = delete.executeUpdate();
      }
    } catch (SQLException e) {
      LOG.warnf("Expired idempotency keys stay until the next sweep: %s", e.getMessage());
    }
  }
}
