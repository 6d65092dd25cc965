package dev.taskward.task;

import dev.taskward.auth.CurrentUser;
import io.agroal.api.AgroalDataSource;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * The statements that are sent most, by JDBC: reads, a new task, and the flip of a flag. Hibernate
 * keeps no plan of a statement that its discriminator scopes; it would translate each anew for
 * every request, which was a quarter of the request's cost (docs/adr/0007-statements-by-jdbc.md).
 *
 * <p>Here the discriminator is {@link #CALLERS}: every statement goes through {@link #query}, which
 * has it and gives it the caller. The database's row-level security is under it as everywhere.
 */
@ApplicationScoped
class TaskSql {

  /** Begins every condition. */
  private static final String CALLERS = " where user_id = ? and ";

  private static final String COLUMNS =
      "id, title, description, completed, deleted, created_at, updated_at, purge_at, version";

  private static final String SELECT = "select " + COLUMNS + " from task" + CALLERS;

  private static final String COUNT = "select count(*) from task" + CALLERS;

  private static final String FLIP =
      "update task set completed = not completed, updated_at = greatest(updated_at, ?), version = version + 1"
          + CALLERS
          + "id = ? and not deleted returning "
          + COLUMNS;

  /** The sequence counts in fifties; the numbers between are free. */
  private static final String INSERT =
      "insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,"
          + " version) values (nextval('task_id_seq'), ?, ?, ?, ?, false, ?, ?, 1) returning "
          + COLUMNS;

  /** SQLSTATE. Only the primary key is unique. */
  private static final String UNIQUE = "23505";

  private static final Logger LOG = Logger.getLogger(TaskSql.class);

  private static final long SAY_EVERY = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong saidAt = new AtomicLong(System.nanoTime() - SAY_EVERY);
  private final AgroalDataSource database;
  private final CurrentUser caller;

  TaskSql(AgroalDataSource database, @PersistenceUnitExtension CurrentUser caller) {
    this.database = database;
    this.caller = caller;
  }

  private interface Reading<T> {
    T of(ResultSet row, String subject) throws SQLException;
  }

  /** The caller's task with this id, a deleted one too. */
  Optional<TaskRepresentation> find(long id) {
    return query(SELECT + "id = ?", List.of(), List.of(id), TaskSql::task).stream().findFirst();
  }

  /**
   * @param condition SQL with a {@code ?} for each value, of which nothing comes from a client
   * @param values of {@link String}, {@link Boolean}, {@link Integer}, {@link Long} or {@link
   *     Instant}
   */
  List<TaskRepresentation> list(String condition, List<?> values) {
    return query(SELECT + condition, List.of(), values, TaskSql::task);
  }

  /** How many of the caller's tasks meet the condition; see {@link #list}. */
  long count(String condition, List<?> values) {
    return query(COUNT + condition, List.of(), values, (row, subject) -> row.getLong(1)).get(0);
  }

  /** Stores a new task of the caller's. */
  TaskRepresentation insert(NewTask task, Instant when) {
    List<?> values =
        Arrays.asList(task.titleOrGenerated(), task.description, task.completed, when, when);
    try {
      return query(INSERT, List.of(), values, TaskSql::task).get(0);
    } catch (PersistenceException e) {
      throw e.getCause() instanceof SQLException cause && UNIQUE.equals(cause.getSQLState())
          ? idInUse(cause)
          : e;
    }
  }

  /** The client may try again: each attempt takes the next id. */
  private PersistenceException idInUse(SQLException cause) {
    long last = saidAt.get();
    long now = System.nanoTime();
    if (now - last >= SAY_EVERY && saidAt.compareAndSet(last, now)) {
      LOG.error(
          "The sequence task_id_seq is behind the ids of task; new tasks are refused. Set it, see"
              + " docs/operations.md.");
    }
    return new PersistenceException(
        new SQLTransientException("the next id is in use", cause.getSQLState(), cause));
  }

  /** Empty if the caller has no such task, or has deleted it. */
  Optional<TaskRepresentation> flip(long id, Instant when) {
    return query(FLIP, List.of(when), List.of(id), TaskSql::task).stream().findFirst();
  }

  /**
   * @param before values of the parameters before the caller
   * @param after and of those that come after him
   */
  private <T> List<T> query(String sql, List<?> before, List<?> after, Reading<T> reading) {
    String subject = caller.subject(); // once: a proxy finds out for each call
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      int parameter = 1;
      for (Object value : before) {
        set(statement, parameter++, value);
      }
      statement.setString(parameter++, subject);
      for (Object value : after) {
        set(statement, parameter++, value);
      }
      List<T> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(reading.of(result, subject));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new PersistenceException(e);
    }
  }

  private static void set(PreparedStatement statement, int parameter, Object value)
      throws SQLException {
    if (value == null) { // only a text can be
      statement.setNull(parameter, Types.VARCHAR);
    } else {
      statement.setObject(
          parameter, value instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : value);
    }
  }

  private static TaskRepresentation task(ResultSet row, String subject) throws SQLException {
    return new TaskRepresentation(
        row.getLong(1),
        subject,
        row.getString(2),
        row.getString(3),
        row.getBoolean(4),
        row.getBoolean(5),
        time(row, 6),
        time(row, 7),
        time(row, 8),
        row.getLong(9));
  }

  private static Instant time(ResultSet row, int column) throws SQLException {
    Timestamp time = row.getTimestamp(column); // an OffsetDateTime would be made of nine objects
    return time == null ? null : time.toInstant();
  }
}
