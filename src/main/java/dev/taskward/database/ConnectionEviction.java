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
 * Decides which failures end a connection of the pool, and which end the others with it: each of
 * them would fail a request, too.
 *
 * <p>Quarkus has no setting for the pool's {@link ExceptionSorter}; this bean takes the place of
 * the one that sets it.
 */
@Unremovable
@Alternative
@Priority(1)
@Singleton
@Default
@JdbcDriver(DatabaseKind.POSTGRESQL)
class ConnectionEviction extends PostgreSQLAgroalConnectionConfigurer {

  /** Between two flushes of connections that still serve reads. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  private final Instance<AgroalDataSource> pool; // which this bean helps to make
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
      return true; // which does not even commit
    }
    return false;
  }

  /** After a failover the address may lead to another server; those in use end with their use. */
  void flushReadOnly() {
    long last = flushedAt.get();
    long now = System.nanoTime();
    if (now - last >= PAUSE && flushedAt.compareAndSet(last, now)) {
      pool.get().flush(FlushMode.GRACEFUL);
    }
  }
}
