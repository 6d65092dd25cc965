package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.ArrayList;
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

  /**
   * Reads the query parameters. An invalid value or an unknown name gets 400 with the name. JAX-RS
   * would return 404 for the value and ignore the name.
   */
  static TaskListQuery of(Map<String, List<String>> parameters, String subject) {
    parameters.forEach(
        (name, values) -> {
          if (!PARAMETERS.contains(name)) {
            throw ProblemException.invalid(name, "is not a parameter of this list");
          }
          if (values.size() > 1) {
            throw ProblemException.invalid(name, "must be given once");
          }
        });
    return new TaskListQuery(
        subject,
        TaskFilter.of(parameters),
        TaskOrder.of(TaskFilter.value(parameters, "sort")),
        limit(TaskFilter.value(parameters, "limit")),
        TaskFilter.value(parameters, "cursor"),
        Boolean.TRUE.equals(TaskFilter.flag(parameters, "count")));
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

  /**
   * SQL, for one task more than the page has. The keyset comparison follows the index, so a deep
   * page costs as much as the first.
   */
  String condition() {
    String after = cursor == null ? "" : " and " + order.after();
    return filter.where() + after;
  }

  /** SQL behind the condition. */
  String orderAndLimit() {
    return order.orderBy() + " limit ?";
  }

  /** The parameters of {@link #condition} and {@link #orderAndLimit}. */
  List<Object> values() {
    List<Object> values = new ArrayList<>(filter.values());
    if (cursor != null) {
      TaskCursor after = TaskCursor.parse(cursor, list(), order);
      values.add(after.key());
      values.add(after.id());
    }
    values.add(limit + 1);
    return values;
  }

  /**
   * @param rows the result of {@link #condition}
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
    return String.join("\0", subject, filter.where(), filter.values().toString(), order.orderBy());
  }
}
