package dev.taskward.task;

import dev.taskward.common.Digest;
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

  /** Hexadecimal digits. */
  private static final int TAG_LENGTH = 32;

  private static final Pattern LIMIT = Pattern.compile("[1-9][0-9]{0,3}");

  static final List<String> PARAMETERS =
      Stream.concat(TaskFilter.PARAMETERS.stream(), Stream.of("sort", "limit", "cursor", "count"))
          .toList();

  /** Reads the query parameters. JAX-RS would return 404 for an invalid value. */
  static TaskListQuery of(Map<String, List<String>> parameters, String subject) {
    TaskFilter filter = TaskFilter.of(parameters);
    TaskListQuery query =
        new TaskListQuery(
            subject,
            filter,
            TaskOrder.of(ListParameters.value(parameters, "sort"), filter),
            limit(parameters),
            ListParameters.value(parameters, "cursor"),
            Boolean.TRUE.equals(ListParameters.flag(parameters, "count")));
    query.position(); // before any precondition
    return query;
  }

  /** Null for the first page. */
  private TaskCursor position() {
    return cursor == null ? null : TaskCursor.parse(cursor, list(), order);
  }

  /** Tasks a page. */
  static int limit(Map<String, List<String>> parameters) {
    String value = ListParameters.value(parameters, "limit");
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
  TaskSql.Listed rows(TaskSql sql) {
    Condition condition = filter.condition();
    TaskCursor after = position();
    if (after != null) {
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
   * @param result of {@link #rows}
   */
  TaskPage page(TaskSql.Listed result, Long total) {
    List<TaskRepresentation> rows = result.tasks();
    boolean isLast = rows.size() <= limit;
    List<TaskRepresentation> page = isLast ? rows : rows.subList(0, limit);
    return new TaskPage(
        page,
        isLast ? null : cursorAfter(page.get(limit - 1)),
        total,
        hasEntityTag() ? entityTag(result.state()) : null);
  }

  /** False if the page also changes with the clock. */
  boolean hasEntityTag() {
    return !filter.due().dependsOnClock();
  }

  /**
   * The entity tag of the page (RFC 9110, 8.8.3). Any change of the user's tasks changes it.
   *
   * @param state of the user's counter
   */
  String entityTag(String state) {
    String page = String.join("\0", list(), String.valueOf(cursor), limit + " " + counted, state);
    return '"' + Digest.of(page).substring(0, TAG_LENGTH) + '"';
  }

  private String cursorAfter(TaskRepresentation last) {
    return new TaskCursor(order.key().of(last), last.id()).text(list());
  }

  /** Everything that distinguishes this list from those whose cursors it refuses. */
  private String list() {
    return String.join("\0", subject, filter.identity(), order.orderBy());
  }
}
