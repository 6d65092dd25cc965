package dev.taskward.database;

import dev.taskward.http.DatabaseFailure.ConnectionLost;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** A connection that broke tells of those that lie idle, which would fail a request each. */
@ApplicationScoped
class StaleConnections {

  void flush(@Observes ConnectionLost lost, AgroalDataSource pool) {
    pool.flush(FlushMode.IDLE);
  }
}
