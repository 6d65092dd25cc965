package dev.taskward.task;

import dev.taskward.database.UserSql;
import dev.taskward.database.UserSql.Both;
import dev.taskward.database.UserSql.Insert;
import dev.taskward.database.UserSql.Query;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Array;
import java.sql.JDBCType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** Hot-path SQL, sent through JDBC: reads, a new task and the toggle of a flag. */
@Unremovable // Task looks it up
@ApplicationScoped
class TaskSql {

  private static final Logger LOG = Logger.getLogger(TaskSql.class);

  static final String TABLE = "task";

  /** Every column that {@link #task} reads. */
  private static final String COLUMNS =
      "id, user_id, title, description, due, due_zone, priority, tags, position, metadata,"
          + " completed, completed_at, deleted, deleted_at, created_at, updated_at, purge_at,"
          + " version";

  private static final String INSERT_COLUMNS =
      "id, title, description, due, due_zone, due_key, priority, tags, position, metadata,"
          + " completed, completed_at, deleted, created_at, updated_at, search, title_key, version";

  /** A cast gives a null its type. */
  private static final String INSERT_EXPRESSIONS =
      "nextval('task_id_seq'), ?, ?, ?, ?, ?::timestamp, ?, ?::text[], ?, ?, ?,"
          + " ?::timestamptz, false, ?, ?, ?, ?, 1";

  /** Every column that {@link TaskRows} writes, with its type. */
  static final String WRITTEN =
      "title text, description text, due text, due_zone text, due_key timestamp, "
          + "priority smallint, tags text[], position text, metadata text, completed boolean, "
          + "completed_at timestamptz, deleted boolean, deleted_at timestamptz, created_at "
          + "timestamptz, updated_at timestamptz, purge_at timestamptz, search text, "
          + "title_key text, version bigint";

  private static final String SELECT = "select " + COLUMNS + " from " + TABLE;

  /** With the state of the user's counter, which PostgreSQL reads once. */
  private static final String SELECT_WITH_STATE =
      "select %s, (select %s from task_counter where user_id = ?) as state from %s"
          .formatted(COLUMNS, TaskCounter.STATE, TABLE);

  private static final String COUNT = "select count(*) from " + TABLE;

  private static final Query<TaskCounter> COUNTER =
      new Query<>(
          "select " + TaskCounter.COLUMNS + " from task_counter",
          List.of(),
          "true",
          List.of(),
          "",
          TaskCounter::read);

  /** The counter, and the tasks that changed after a number, in one state of the database. */
  private static final String CHANGES =
      "select change_seq, %1$s, %2$s from task_counter left join lateral (select change_seq, %2$s"
              .formatted(TaskCounter.COLUMNS, COLUMNS)
          + " from task where user_id = task_counter.user_id and change_seq > ?"
          + " order by change_seq limit ?) task using (user_id)";

  /** See the trigger task_count_change. */
  private static final String QUOTA = "set_config('taskward.quota', ?, true)";

  /** The order never changes, also if a task is deleted or restored. Each half is an index scan. */
  private static final String EXPORT_ORDER = " order by created_at, id limit ?";

  private static final String EXPORT_REST =
      EXPORT_ORDER
          + ") union all ("
          + SELECT
          + " where user_id = ? and deleted and (created_at, id) > (?, ?)"
          + EXPORT_ORDER
          + ")"
          + EXPORT_ORDER;

  private static final String TOGGLE =
      "update task set completed = not completed, updated_at = greatest(updated_at, ?),"
          + " completed_at = case when completed then null else greatest(updated_at, ?) end,"
          + " version = version + 1";

  private static final String UNIQUE_VIOLATION = "23505"; // only the primary key is unique

  private static final long LOG_INTERVAL = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - LOG_INTERVAL);
  private final UserSql sql;

  TaskSql(UserSql sql) {
    this.sql = sql;
  }

  /** The user's task with this id, deleted or not. */
  Optional<TaskRepresentation> find(long id) {
    return sql.run(select("id = ?", List.of(id), "")).stream().findFirst();
  }

  /** Tasks, and the state of the user's counter, which is not newer. */
  record Listed(String state, List<TaskRepresentation> tasks) {}

  private record Row(String state, TaskRepresentation task) {}

  /**
   * @param condition SQL with a {@code ?} for each value, without a client's text
   */
  Listed list(String condition, List<?> values, String tail) {
    List<Row> rows =
        sql.run(
            new Query<>(
                SELECT_WITH_STATE,
                List.of(UserSql.CURRENT_USER),
                condition,
                values,
                tail,
                row -> new Row(row.getString("state"), task(row))));
    if (!rows.isEmpty()) {
      return new Listed(rows.get(0).state, rows.stream().map(Row::task).toList());
    }
    // No row has the state. It is read before the tasks, which may not be the same any more.
    Both<TaskCounter, TaskRepresentation> again = sql.run(COUNTER, select(condition, values, tail));
    return new Listed(TaskCounter.of(again.first()).state(), again.second());
  }

  private static Query<TaskRepresentation> select(String condition, List<?> values, String tail) {
    return new Query<>(SELECT, List.of(), condition, values, tail, TaskSql::task);
  }

  TaskCounter counter() {
    return TaskCounter.of(sql.run(COUNTER));
  }

  /**
   * Removes the counter; false if there are tasks. The lock keeps new tasks out until the
   * transaction ends.
   */
  boolean eraseCounter() {
    String one = "select 1 from %s";
    createCounter(); // waits for a transaction that is creating it
    sql.run(query(one.formatted("task_counter"), " for update"));
    if (!sql.run(query(one.formatted(TABLE), " limit 1")).isEmpty()) {
      return false;
    }
    sql.run(query("delete from task_counter", " returning 1"));
    return true;
  }

  /** Creates the user's counter if there is none. */
  void createCounter() {
    sql.run(
        new Query<>(
            "select task_counter_create(user_id) from (select ?::text as user_id) caller",
            List.of(UserSql.CURRENT_USER),
            "true",
            List.of(),
            "",
            row -> null));
  }

  private static Query<Integer> query(String head, String tail) {
    return new Query<>(head, List.of(), "true", List.of(), tail, row -> row.getInt(1));
  }

  /**
   * A task that changed.
   *
   * @param counter of the user, in the same state of the database
   * @param seq the number of the task's last change
   * @param task null if no task changed
   */
  record ChangeRow(TaskCounter counter, long seq, TaskRepresentation task) {}

  /** The first changes after a number; a row without a task if there are none. */
  List<ChangeRow> changes(long after, int limit) {
    return sql.run(
        new Query<>(CHANGES, List.of(after, limit), "true", List.of(), "", TaskSql::change));
  }

  /** The first tasks after this place in the order of creation, deleted or not. */
  List<TaskRepresentation> export(Instant createdAt, long id, int limit) {
    return sql.run(
        new Query<>(
            "(" + SELECT,
            List.of(),
            "not deleted and (created_at, id) > (?, ?)",
            List.of(createdAt, id, limit, UserSql.CURRENT_USER, createdAt, id, limit, limit),
            EXPORT_REST,
            TaskSql::task));
  }

  /** The number of the user's tasks that meet the condition. */
  long count(Condition condition) {
    return sql.run(
            new Query<>(
                COUNT, List.of(), condition.sql(), condition.values(), "", row -> row.getLong(1)))
        .get(0);
  }

  /**
   * Stores a new task; empty if the user has reached the quota.
   *
   * @param quota how many tasks the user may have
   */
  Optional<TaskRepresentation> insert(NewTask task, Instant now, long quota) {
    String title = task.titleOrGenerated();
    List<String> tags = TaskTags.nfc(task.tags);
    List<?> values =
        Arrays.asList(
            title,
            text(task.description),
            text(task.due),
            text(task.dueZone),
            text(TaskDue.key(task.due, task.dueZone)),
            task.priority == null ? JDBCType.INTEGER : TaskPriority.number(task.priority),
            text(TaskTags.array(tags)),
            text(task.position),
            text(TaskMetadata.write(task.metadata)),
            task.completed,
            text(task.completed ? now : null),
            now,
            now,
            SearchText.of(title, task.description, tags),
            SearchText.titleKey(title),
            Long.toString(quota));
    return insert(
            new Insert<>(
                TABLE, INSERT_COLUMNS, INSERT_EXPRESSIONS, QUOTA, values, COLUMNS, TaskSql::task))
        .stream()
        .findFirst();
  }

  /** Stores rows with ids of the sequence. */
  <T> List<T> insert(Insert<T> rows) {
    try {
      return sql.run(rows);
    } catch (PersistenceException e) {
      throw e.getCause() instanceof SQLException cause
              && UNIQUE_VIOLATION.equals(cause.getSQLState())
          ? idInUse(cause)
          : e;
    }
  }

  /** The text of a value, or a null that the driver sends with a type. */
  private static Object text(Object value) {
    return value == null ? JDBCType.VARCHAR : value.toString();
  }

  /** The client may try again: each attempt takes the next id. */
  private PersistenceException idInUse(SQLException cause) {
    long last = loggedAt.get();
    long now = System.nanoTime();
    if (now - last >= LOG_INTERVAL && loggedAt.compareAndSet(last, now)) {
      LOG.error(
          "The sequence task_id_seq is behind the ids of task. New tasks get 503. Set the sequence,"
              + " see docs/operations.md.");
    }
    return new PersistenceException(
        new SQLTransientException("the next id is in use", cause.getSQLState(), cause));
  }

  /** Flips the completed flag; empty if the user has no such task, or has deleted it. */
  Optional<TaskRepresentation> toggle(long id, Instant now) {
    String returning = " returning " + COLUMNS;
    return sql
        .run(
            new Query<>(
                TOGGLE,
                List.of(now, now),
                "id = ? and not deleted",
                List.of(id),
                returning,
                TaskSql::task))
        .stream()
        .findFirst();
  }

  private static ChangeRow change(ResultSet row) throws SQLException {
    long seq = row.getLong("change_seq");
    return new ChangeRow(TaskCounter.read(row), seq, seq == 0 ? null : task(row));
  }

  private static TaskRepresentation task(ResultSet row) throws SQLException {
    int priority = row.getInt("priority");
    Array tags = row.getArray("tags");
    return new TaskRepresentation(
        row.getLong("id"),
        row.getString("user_id"),
        row.getString("title"),
        row.getString("description"),
        row.getString("due"),
        row.getString("due_zone"),
        TaskPriority.name(priority == 0 ? null : priority),
        tags == null ? List.of() : List.of((String[]) tags.getArray()),
        row.getString("position"),
        TaskMetadata.read(row.getString("metadata")),
        row.getBoolean("completed"),
        time(row, "completed_at"),
        row.getBoolean("deleted"),
        time(row, "deleted_at"),
        time(row, "created_at"),
        time(row, "updated_at"),
        time(row, "purge_at"),
        row.getLong("version"));
  }

  private static Instant time(ResultSet row, String column) throws SQLException {
    Timestamp time = row.getTimestamp(column); // an OffsetDateTime would create more objects
    return time == null ? null : time.toInstant();
  }
}
