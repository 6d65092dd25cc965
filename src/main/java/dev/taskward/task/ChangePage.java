package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.Comparator;
import java.util.List;

/**
 * A page of the changes of a user's tasks.
 *
 * @param end the position after the page
 * @param isLast whether there are no more changes now
 */
record ChangePage(List<Change> changes, ChangeCursor end, boolean isLast) {

  private static final String GONE =
      "Changes after this cursor are no longer known. Read all changes without since, and drop the"
          + " tasks that do not come.";

  /**
   * A task in its current state.
   *
   * @param cursor the position after the change
   */
  record Change(TaskRepresentation task, ChangeCursor cursor) {}

  /**
   * Reads the changes after a position, in one statement.
   *
   * @param since null for the end of the changes
   * @throws ProblemException (410) if changes after the position are unknown
   */
  static ChangePage read(ChangeCursor since, int limit, TaskSql sql) {
    List<TaskSql.ChangeRow> rows =
        sql.changes(since == null ? Long.MAX_VALUE : since.seq(), limit + 1);
    TaskCounter counter = rows.isEmpty() ? TaskCounter.NONE : rows.get(0).counter();
    if (since != null && since.isGone(counter)) {
      throw ProblemException.gone("cursor-gone", GONE);
    }
    List<Change> changes =
        rows.stream()
            .filter(row -> row.task() != null)
            .sorted(Comparator.comparingLong(TaskSql.ChangeRow::seq))
            .limit(limit)
            .map(row -> new Change(row.task(), since.after(row.seq(), counter)))
            .toList();
    boolean isLast = rows.size() <= limit;
    return new ChangePage(
        changes, isLast ? ChangeCursor.end(counter) : changes.get(limit - 1).cursor(), isLast);
  }
}
