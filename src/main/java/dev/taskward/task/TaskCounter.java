package dev.taskward.task;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * The counter of one user. The database keeps it, see V4__task_changes.sql.
 *
 * @param epoch random, another one for each new counter
 * @param seq the number of the last change of a task
 * @param floor the highest number of a task that was removed for good
 * @param open tasks that are neither completed nor deleted
 * @param completed completed tasks that are not deleted
 */
record TaskCounter(long epoch, long seq, long floor, long open, long completed, long deleted) {

  static final String COLUMNS = "epoch, seq, floor, open_tasks, completed_tasks, deleted_tasks";

  /** SQL for {@link #state}. */
  static final String STATE = "epoch || ' ' || seq || ' ' || floor";

  /** Of a user who never had a task. */
  static final TaskCounter NONE = new TaskCounter(0, 0, 0, 0, 0, 0);

  static TaskCounter of(List<TaskCounter> rows) {
    return rows.isEmpty() ? NONE : rows.get(0);
  }

  /** All tasks that count for the quota. */
  long all() {
    return open + completed + deleted;
  }

  /** Changes with every change of the user's tasks. */
  String state() {
    return epoch + " " + seq + " " + floor;
  }

  static TaskCounter read(ResultSet row) throws SQLException {
    return new TaskCounter(
        row.getLong("epoch"),
        row.getLong("seq"),
        row.getLong("floor"),
        row.getLong("open_tasks"),
        row.getLong("completed_tasks"),
        row.getLong("deleted_tasks"));
  }
}
