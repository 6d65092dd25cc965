package dev.taskward.http;

import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Tells a database that is away, or can't serve just now, from a statement that is wrong. */
public final class DatabaseFailure {

  /** A request met a connection that broke. */
  public record ConnectionLost() {}

  /**
   * SQLSTATE classes and codes of PostgreSQL (appendix A of its manual) after which the same
   * request may succeed: connection, transaction rollback, resources, operator intervention, system
   * error; the read-only transaction that a replica answers with during a failover, one that was
   * idle or took for too long, a lock that was not to be had in time, and a database that takes
   * nobody.
   */
  private static final Set<String> TRANSIENT =
      Set.of("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03", "55000");

  /** The database lets the service's role in no more, or is gone itself. */
  private static final Set<String> CLOSED = Set.of("28", "3D000");

  /** The connection is gone: it broke, or the server ended it, is stopping or starting. */
  private static final Set<String> LOST =
      Set.of("08", "25P03", "25P04", "57P01", "57P02", "57P03", "57P05");

  /** Whether the same may succeed later. */
  public static boolean isTransient(Throwable failure) {
    // The pool's own "no connection in time" has no state.
    return find(failure).map(e -> e.getSQLState() == null || is(TRANSIENT, e)).orElse(false);
  }

  /** Whether it is no fault of the request, nor of the statement. */
  static boolean isAway(Throwable failure) {
    return isTransient(failure) || find(failure).map(e -> is(CLOSED, e)).orElse(false);
  }

  /** Whether a connection broke, and those that lie in the pool may be as dead. */
  public static boolean isConnectionLost(Throwable failure) {
    return find(failure).map(e -> e.getSQLState() != null && is(LOST, e)).orElse(false);
  }

  private static boolean is(Set<String> states, SQLException e) {
    return states.contains(e.getSQLState()) || states.contains(e.getSQLState().substring(0, 2));
  }

  /** The transaction manager has what failed at the commit among what it suppressed. */
  private static Optional<SQLException> find(Throwable failure) {
    if (failure == null) {
      return Optional.empty();
    }
    if (failure instanceof SQLException e) {
      return Optional.of(e);
    }
    return Stream.concat(Stream.ofNullable(failure.getCause()), Stream.of(failure.getSuppressed()))
        .map(DatabaseFailure::find)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private DatabaseFailure() {}
}
