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

/** Tells a database that is away, or can't serve just now, from a statement that is wrong. */
public final class DatabaseFailure {

  /** A request failed because the database was away. */
  public record Away() {}

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

  private static final Set<String> READ_ONLY = Set.of("25006");

  /**
   * A prepared statement exists already, or does not exist: a pooler gave the connection another
   * session of the server.
   */
  private static final Set<String> UNPREPARED = Set.of("42P05", "26000");

  /** Client-side settings that can make the driver refuse servers without an I/O error. */
  private static final Set<String> CHOOSY = Set.of("targetServerType", "loginTimeout");

  /** Whether the same may succeed later. */
  public static boolean isTransient(Throwable failure) {
    return find(failure).map(DatabaseFailure::isTransient).orElse(false);
  }

  private static boolean isTransient(SQLException e) {
    return !(e instanceof SQLNonTransientConnectionException)
        && (e.getSQLState() == null // the pool's own "no connection in time"
            || e instanceof SQLTransientException
            || is(TRANSIENT, e)
            || isConnectionLost(e)
            || isUnprepared(e));
  }

  /** Whether it is no fault of the request, nor of the statement. */
  public static boolean isAway(Throwable failure) {
    return find(failure)
        .map(
            e -> e instanceof SQLNonTransientConnectionException || isTransient(e) || is(CLOSED, e))
        .orElse(false);
  }

  /**
   * Whether the connection broke, so that the idle ones of the pool may be dead, too. Before it
   * ends a session, a server or pooler may send an error of any state; the driver adds its own.
   */
  public static boolean isConnectionLost(SQLException failure) {
    for (SQLException e = failure; e != null; e = e.getNextException()) {
      if (is(LOST, e)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the server takes no writes, as a standby or a primary that was demoted. */
  public static boolean isReadOnly(SQLException e) {
    return is(READ_ONLY, e);
  }

  /** Whether a pooler is on the way that does not support prepared statements. */
  public static boolean isUnprepared(SQLException e) {
    return is(UNPREPARED, e);
  }

  /**
   * What a failure to connect is thrown as: {@link SQLTransientConnectionException}, or {@link
   * SQLNonTransientConnectionException} if a setting has to be corrected first. Whatever its state,
   * no statement of a request was executed.
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
    if (e instanceof PSQLException answer && answer.getServerErrorMessage() != null) {
      return is(CLOSED, e); // a wrong name or password stays wrong
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
    // Without the network: a parameter that the driver does not take, or no password.
    return !io && CHOOSY.stream().noneMatch(url::contains);
  }

  private static boolean is(Set<String> states, SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (states.contains(state) || state.length() > 2 && states.contains(state.substring(0, 2)));
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
