package dev.taskward.task;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Removes deleted tasks for good once they are due, in every instance. Plain JDBC, past the
 * discriminator: it concerns the tasks of all users, there is no caller, and Hibernate does nothing
 * without one. It reads nothing, and reaches only rows that are deleted and due.
 */
@ApplicationScoped
class TrashPurge {

  private static final Logger LOG = Logger.getLogger(TrashPurge.class);

  private static final int BATCH = 1000;

  /**
   * Each batch is a transaction of its own. Instances step around each other's rows, and around one
   * that is just being restored. The array makes PostgreSQL choose the rows once.
   */
  private static final String DELETE =
      """
      delete from task where id = any (array (
        select id from task where deleted and purge_at <= now()
        order by purge_at limit %d for update skip locked))
      """
          .formatted(BATCH);

  private final DataSource database;
  private final TaskwardConfig.Trash config;

  TrashPurge(DataSource database, TaskwardConfig config) {
    this.database = database;
    this.config = config.trash();
  }

  @Scheduled(
      every = "{taskward.trash.purge-interval}",
      delayed = "{taskward.trash.purge-interval}",
      concurrentExecution = ConcurrentExecution.SKIP)
  void purge() throws SQLException {
    if (config.keepsForEver()) {
      return;
    }
    long purged = 0;
    try (Connection connection = database.getConnection();
        PreparedStatement delete = connection.prepareStatement(DELETE)) {
      int batch;
      do {
        batch = delete.executeUpdate();
        purged += batch;
      } while (batch == BATCH);
    }
    if (purged > 0) {
      LOG.infof("%d deleted tasks purged", purged);
    }
  }
}
