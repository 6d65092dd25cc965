package dev.taskward.database;

import dev.taskward.common.DatabaseFailure;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ExceptionSorter;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.quarkus.agroal.runtime.JdbcDriver;
import io.quarkus.arc.Unremovable;
import io.quarkus.datasource.common.runtime.DatabaseKind;
import io.quarkus.jdbc.postgresql.runtime.PostgreSQLAgroalConnectionConfigurer;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Default;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Decides which failures evict a connection from the pool. Some also evict the other connections,
 * before each of them fails a request.
 *
 * <p>Quarkus has no setting for the pool's {@link ExceptionSorter}. This bean replaces the one that
 * sets it.
 */
@Unremovable
@Alternative
@Priority(1)
@Singleton
@Default
@JdbcDriver(DatabaseKind.POSTGRESQL)
class ConnectionEviction extends PostgreSQLAgroalConnectionConfigurer {

  /** The time between two flushes, because read-only connections still serve reads. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  private final Instance<AgroalDataSource> pool; // lazy: this bean helps to create it
  private final AtomicLong flushedAt = new AtomicLong(System.nanoTime() - PAUSE);

  ConnectionEviction(Instance<AgroalDataSource> pool) {
    this.pool = pool;
  }

  @Override
  public void setExceptionSorter(String kind, AgroalDataSourceConfigurationSupplier dataSource) {
    dataSource.connectionPoolConfiguration().exceptionSorter(this::isFatal);
  }

  private boolean isFatal(SQLException e) {
    if (DatabaseFailure.isConnectionLost(e)) {
      pool.get().flush(FlushMode.IDLE);
      return true;
    }
    if (DatabaseFailure.isReadOnly(e)) {
      flushReadOnly();
      return true;
    }
    if (DatabaseFailure.isUnprepared(e)) {
      UserScopedDriver.stopPreparing(e);
      return true; // it cannot even commit
    }
    return false;
  }

  /** Closes connections after their use: after a failover the address may name another server. */
  void flushReadOnly() {
    long last = flushedAt.get();
    long now = System.nanoTime();
    if (now - last >= PAUSE && flushedAt.compareAndSet(last, now)) {
      pool.get().flush(FlushMode.GRACEFUL);
    }
  }
}
