package dev.taskward.task;

import dev.taskward.http.ProblemException;
import io.quarkus.hibernate.orm.panache.PanacheQuery;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which of the caller's tasks a list shows.
 *
 * @param completed only those with this flag; null for all
 * @param limit tasks a page, 1 to 1000
 * @param after where the page before ended; null for the first page
 */
record TaskListQuery(Boolean completed, int limit, TaskCursor after) {

  static final int LIMIT_MAX = 1000;
  static final int LIMIT_DEFAULT = 100;

  private static final Set<String> PARAMETERS = Set.of("completed", "limit", "cursor");

  /**
   * Reads the query string. JAX-RS would answer a value that it can't convert with 404 and pass
   * over a name that it doesn't know; here every such thing is a 400 that names the parameter.
   */
  static TaskListQuery of(MultivaluedMap<String, String> parameters) {
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
        completed(parameters.getFirst("completed")),
        limit(parameters.getFirst("limit")),
        cursor(parameters.getFirst("cursor")));
  }

  private static Boolean completed(String value) {
    if (value == null) {
      return null;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ProblemException.invalid("completed", "must be true or false");
    };
  }

  private static int limit(String value) {
    if (value == null) {
      return LIMIT_DEFAULT;
    }
    if (value.matches("[0-9]{1,4}")) {
      int limit = Integer.parseInt(value);
      if (limit >= 1 && limit <= LIMIT_MAX) {
        return limit;
      }
    }
    throw ProblemException.invalid("limit", "must be an integer from 1 to " + LIMIT_MAX);
  }

  private static TaskCursor cursor(String value) {
    return value == null ? null : TaskCursor.parse(value);
  }

  /**
   * One page of the caller's tasks, newest first, and one task more if there is a next page.
   *
   * <p>One statement, one index scan: the keyset comparison is the index's own order, so a page
   * deep in the list costs what the first one does.
   */
  List<Task> rows() {
    StringBuilder where = new StringBuilder("deleted = false");
    Map<String, Object> values = new HashMap<>();
    if (completed != null) {
      where.append(" and completed = :completed");
      values.put("completed", completed);
    }
    if (after != null) {
      where.append(" and (createdAt, id) < (:createdAt, :id)");
      values.put("createdAt", after.createdAt());
      values.put("id", after.id());
    }
    PanacheQuery<Task> query = Task.find(where + " order by createdAt desc, id desc", values);
    return query.range(0, limit).list();
  }
}
