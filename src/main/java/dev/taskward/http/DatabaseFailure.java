package dev.taskward.http;

import java.sql.SQLException;
import java.util.Set;

/** Tells a database that is away, or can't serve just now, from a statement that is wrong. */
final class DatabaseFailure {

  /**
   * SQLSTATE classes and codes of PostgreSQL (appendix A of its manual) after which the same
   * request may succeed: connection, transaction rollback, resources, operator intervention, system
   * error, and the read-only transaction that a replica answers with during a failover.
   */
  private static final Set<String> TRANSIENT = Set.of("08", "40", "53", "57", "58", "25006");

  static boolean isTransient(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        String state = sql.getSQLState();
        // The pool's own "no connection in time" has no state.
        return state == null
            || TRANSIENT.contains(state)
            || TRANSIENT.contains(state.substring(0, 2));
      }
    }
    return false;
  }

  private DatabaseFailure() {}
}
