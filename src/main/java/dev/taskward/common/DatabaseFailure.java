package dev.taskward.common;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.postgresql.util.PSQLException;

/** Distinguishes an unavailable database from a faulty statement. */
public final class DatabaseFailure {

  /** A request failed because the database was unavailable. */
  public record Unavailable() {}

  /**
   * SQLSTATE classes and codes of PostgreSQL (manual, appendix A) after which the same request may
   * succeed. Classes: connection, transaction rollback, resources, operator intervention, system
   * error. Codes: read-only transaction (a replica during a failover), idle or slow transaction,
   * lock not available, database that accepts no connections.
   */
  private static final Set<String> TRANSIENT =
      Set.of("08", "40", "53", "57", "58", "25006", "25P03", "25P04", "55P03", "55000");

  /** The database rejects the role or does not exist. */
  private static final Set<String> DENIED = Set.of("28", "3D000");

  /** The connection broke, or the server ended it, is stopping or starting. */
  private static final Set<String> LOST =
      Set.of("08", "25P03", "25P04", "57P01", "57P02", "57P03", "57P05");

  private static final Set<String> READ_ONLY = Set.of("25006");

  /** A prepared statement exists already or is missing: a pooler changed the session. */
  private static final Set<String> UNPREPARED = Set.of("42P05", "26000");

  /** Settings with which the driver can refuse servers without an I/O error. */
  private static final Set<String> REFUSING_SETTINGS = Set.of("targetServerType", "loginTimeout");

  /** Whether the same request may succeed later. */
  public static boolean isTransient(Throwable failure) {
    return find(failure).map(DatabaseFailure::isTransient).orElse(false);
  }

  private static boolean isTransient(SQLException e) {
    return !(e instanceof SQLNonTransientConnectionException)
        && (e.getSQLState() == null // the pool's own timeout
            || e instanceof SQLTransientException
            || is(TRANSIENT, e)
            || isConnectionLost(e)
            || isUnprepared(e));
  }

  /** Whether neither the request nor the statement is at fault. */
  public static boolean isUnavailable(Throwable failure) {
    return find(failure)
        .map(
            e -> e instanceof SQLNonTransientConnectionException || isTransient(e) || is(DENIED, e))
        .orElse(false);
  }

  /**
   * Whether the connection broke, so that idle connections of the pool may be dead, too. Before
   * that, a server or pooler may send an error of any state. The driver adds its own.
   */
  public static boolean isConnectionLost(SQLException failure) {
    for (SQLException e = failure; e != null; e = e.getNextException()) {
      if (is(LOST, e)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the server is read-only, as a standby or a demoted primary. */
  public static boolean isReadOnly(SQLException e) {
    return is(READ_ONLY, e);
  }

  /** Whether a pooler does not support prepared statements. */
  public static boolean isUnprepared(SQLException e) {
    return is(UNPREPARED, e);
  }

  /**
   * Converts a failure to connect: to {@link SQLNonTransientConnectionException} if a setting is
   * wrong, else to {@link SQLTransientConnectionException}. No statement of a request was executed.
   *
   * @param url with the driver's parameters
   */
  public static SQLException ofConnect(SQLException e, String url) {
    SQLException failure =
        isPermanent(e, url)
            ? new SQLNonTransientConnectionException(e.getMessage(), e.getSQLState(), e.getCause())
            : new SQLTransientConnectionException(e.getMessage(), e.getSQLState(), e.getCause());
    failure.setStackTrace(e.getStackTrace());
    return failure;
  }

  private static boolean isPermanent(SQLException e, String url) {
    if (e instanceof PSQLException sent && sent.getServerErrorMessage() != null) {
      return is(DENIED, e); // a wrong name or password stays wrong
    }
    boolean io = false;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof GeneralSecurityException // such as of a certificate
          || cause instanceof FileNotFoundException
          || cause instanceof FileSystemException) {
        return true;
      }
      io |= cause instanceof IOException;
    }
    // Without I/O: a parameter that the driver does not accept, or no password.
    return !io && REFUSING_SETTINGS.stream().noneMatch(url::contains);
  }

  private static boolean is(Set<String> states, SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (states.contains(state) || state.length() > 2 && states.contains(state.substring(0, 2)));
  }

  /** Searches suppressed failures, too: the transaction manager has a failed commit there. */
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
