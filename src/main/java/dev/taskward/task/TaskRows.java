package dev.taskward.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.database.UserSql;
import dev.taskward.database.UserSql.Insert;
import dev.taskward.database.UserSql.Query;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/**
 * SQL that writes many tasks in one statement. The tasks travel as one JSON text, so the statement
 * is the same for any number of them.
 */
@Unremovable // Task looks it up
@ApplicationScoped
class TaskRows {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String NAMES = TaskSql.WRITTEN.replaceAll("(\\w+) [^,]+", "$1");

  private static final String VALUES = "value." + NAMES.replace(", ", ", value.");

  /** The name of the place of a new task in the text, or of the id of an existing one. */
  static final String NUMBER = "number";

  private static final String FROM =
      "json_to_recordset(?::json) as value(%s bigint, %s)".formatted(NUMBER, TaskSql.WRITTEN);

  private static final String UPDATE =
      "update %s set (%s) = row(%s) from %s".formatted(TaskSql.TABLE, NAMES, VALUES, FROM);

  private static final String RESERVE =
      "update task_counter set seq = seq + ?, open_tasks = open_tasks + ?,"
          + " completed_tasks = completed_tasks + ?, deleted_tasks = deleted_tasks + ?";

  private static final String BELOW_QUOTA = "open_tasks + completed_tasks + deleted_tasks + ? <= ?";

  private final UserSql sql;
  private final TaskSql tasks;

  TaskRows(UserSql sql, TaskSql tasks) {
    this.sql = sql;
    this.tasks = tasks;
  }

  /**
   * Counts new tasks before they are stored. It locks the user's counter until the transaction
   * ends.
   *
   * @return the number of the change before the first of them; null if they exceed the quota
   */
  Long reserve(long open, long completed, long deleted, long quota) {
    long all = open + completed + deleted;
    Query<Long> reserve =
        new Query<>(
            RESERVE,
            List.of(all, open, completed, deleted),
            BELOW_QUOTA,
            List.of(all, quota),
            " returning seq",
            row -> row.getLong(1));
    List<Long> last = sql.run(reserve);
    if (last.isEmpty()) { // the quota is reached, or there is no counter
      tasks.createCounter();
      last = sql.run(reserve);
    }
    return last.isEmpty() ? null : last.get(0) - all;
  }

  /**
   * Stores new tasks, which {@link #reserve} has counted, and returns their ids.
   *
   * @param rows numbered from 1
   * @param before the number of the change before the first of them
   */
  List<Long> insert(List<Map<String, Object>> rows, long before) {
    return tasks
        .insert(
            new Insert<>(
                TaskSql.TABLE,
                "id, change_seq, " + NAMES,
                "nextval('task_id_seq'), ? + " + NUMBER + ", " + VALUES,
                FROM + " order by " + NUMBER,
                List.of(before, json(rows)),
                "id",
                row -> row.getLong(1)))
        .stream()
        .sorted() // ids increase in the order of the rows
        .toList();
  }

  /**
   * Writes changed tasks, whose rows are locked.
   *
   * @param rows numbered by their ids
   */
  void update(List<Map<String, Object>> rows) {
    List<Long> written =
        sql.run(
            new Query<>(
                UPDATE,
                List.of(json(rows)),
                "task.id = value." + NUMBER,
                List.of(),
                " returning task.id",
                row -> row.getLong(1)));
    if (written.size() != rows.size()) {
      throw new IllegalStateException(written.size() + " of " + rows.size() + " rows written");
    }
  }

  private static String json(List<Map<String, Object>> rows) {
    try {
      return JSON.writeValueAsString(rows);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
