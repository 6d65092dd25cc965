package dev.taskward.task;

import dev.taskward.config.TaskwardConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Removes deleted tasks of all users that are due, in every instance. The job has no current user,
 * so it bypasses Hibernate with JDBC. The database function bypasses row-level security for rows
 * that are due, and returns none of their data.
 */
@Startup // registers its counter at once
@ApplicationScoped
class TrashPurge {

  private static final Logger LOG = Logger.getLogger(TrashPurge.class);

  private static final int BATCH = 1000;

  /** Each batch is a transaction of its own. */
  private static final String PURGE = "select task_purge(" + BATCH + ")";

  private final DataSource database;
  private final TaskwardConfig.Trash config;
  private final Counter tasks;

  TrashPurge(DataSource database, TaskwardConfig config, MeterRegistry metrics) {
    this.tasks =
        Counter.builder("taskward.purged.tasks")
            .description("Deleted tasks that were removed for good")
            .register(metrics);
    this.database = database;
    this.config = config.trash();
  }

  @Scheduled(
      every = "${taskward.trash.purge-interval}",
      delayed = "${taskward.trash.purge-interval}",
      concurrentExecution = ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  void purge() {
    if (config.keepsForEver()) {
      return;
    }
    long purged = 0;
    try (Connection connection = database.getConnection();
        PreparedStatement purge = connection.prepareStatement(PURGE)) {
      int batch;
      do {
        try (ResultSet result = purge.executeQuery()) {
          result.next();
          batch = result.getInt(1);
        }
        purged += batch;
        tasks.increment(batch);
      } while (batch == BATCH);
    } catch (SQLException e) {
      LOG.warnf("Deleted tasks that are due stay until the next purge: %s", e.getMessage());
    }
    if (purged > 0) {
      LOG.infof("%d deleted tasks purged", purged);
    }
  }
}
