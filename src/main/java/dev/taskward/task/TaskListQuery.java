package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One page of a list.
 *
 * @param subject the user, for the cursor; the statements are scoped without it
 * @param limit tasks a page, 1 to 1000
 * @param cursor where the previous page ended; null for the first page
 * @param counted whether the client wants the number of tasks on all pages
 */
record TaskListQuery(
    String subject, TaskFilter filter, TaskOrder order, int limit, String cursor, boolean counted) {

  static final int LIMIT_MAX = 1000;
  static final int LIMIT_DEFAULT = 100;

  private static final Pattern LIMIT = Pattern.compile("[1-9][0-9]{0,3}");

  static final List<String> PARAMETERS =
      Stream.concat(TaskFilter.PARAMETERS.stream(), Stream.of("sort", "limit", "cursor", "count"))
          .toList();

  /** Reads the query parameters. JAX-RS would return 404 for an invalid value. */
  static TaskListQuery of(Map<String, List<String>> parameters, String subject) {
    TaskFilter filter = TaskFilter.of(parameters);
    return new TaskListQuery(
        subject,
        filter,
        TaskOrder.of(ListParameters.value(parameters, "sort"), filter),
        limit(ListParameters.value(parameters, "limit")),
        ListParameters.value(parameters, "cursor"),
        Boolean.TRUE.equals(ListParameters.flag(parameters, "count")));
  }

  private static int limit(String value) {
    if (value == null) {
      return LIMIT_DEFAULT;
    }
    if (LIMIT.matcher(value).matches()) {
      int limit = Integer.parseInt(value);
      if (limit <= LIMIT_MAX) {
        return limit;
      }
    }
    throw ProblemException.invalid("limit", "must be an integer from 1 to " + LIMIT_MAX);
  }

  /** The statement of the page, for one task more than it has. */
  List<TaskRepresentation> rows(TaskSql sql) {
    Condition condition = filter.condition();
    if (cursor != null) {
      TaskCursor after = TaskCursor.parse(cursor, list(), order);
      condition.and(order.after(after.key() != null));
      if (after.key() != null) {
        condition.value(after.parameter());
      }
      condition.value(after.id());
    }
    // The keyset comparison follows an index, so a deep page costs as much as the first.
    condition.value(limit + 1);
    return sql.list(condition.sql(), condition.values(), order.orderBy() + " limit ?");
  }

  /**
   * @param rows the result of {@link #rows}
   */
  TaskPage page(List<TaskRepresentation> rows, Long total) {
    boolean isLast = rows.size() <= limit;
    List<TaskRepresentation> page = isLast ? rows : rows.subList(0, limit);
    return new TaskPage(page, isLast ? null : cursorAfter(page.get(limit - 1)), total);
  }

  private String cursorAfter(TaskRepresentation last) {
    return new TaskCursor(order.key().of(last), last.id()).text(list());
  }

  /** Everything that distinguishes this list from those whose cursors it refuses. */
  private String list() {
    return String.join("\0", subject, filter.identity(), order.orderBy());
  }
}
