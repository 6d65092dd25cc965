package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The order of a list. Tasks with equal keys are sorted by id in the same direction, so each
 * position is unique. Tasks without a key come last in both directions.
 *
 * @param hasNulls whether the list may have tasks without a key. If not, an index can serve.
 */
record TaskOrder(Key key, boolean descending, boolean hasNulls) {

  static final String DEFAULT = "-created_at";

  /** How a cursor holds a key. */
  enum Kind {
    TIME("?"),
    LOCAL_TIME("?::timestamp"),
    NUMBER("?"),
    TEXT("?");

    private final String place;

    Kind(String place) {
      this.place = place;
    }
  }

  /** The key that a list is sorted by. */
  enum Key {
    CREATED_AT("created_at", Kind.TIME, false),
    UPDATED_AT("updated_at", Kind.TIME, false),
    TITLE("title_key", Kind.TEXT, false),
    DUE("due_key", Kind.LOCAL_TIME, true),
    PRIORITY("priority", Kind.NUMBER, true),
    POSITION("position", Kind.TEXT, true),
    COMPLETED_AT("completed_at", Kind.TIME, true),
    DELETED_AT("deleted_at", Kind.TIME, true);

    private final String column;
    private final Kind kind;
    private final boolean nullable;

    Key(String column, Kind kind, boolean nullable) {
      this.column = column;
      this.kind = kind;
      this.nullable = nullable;
    }

    Kind kind() {
      return kind;
    }

    /** The value that a cursor holds of a task; null if the task has none. */
    Object of(TaskRepresentation task) {
      return switch (this) {
        case CREATED_AT -> task.createdAt();
        case UPDATED_AT -> task.updatedAt();
        case TITLE -> SearchText.titleKey(task.title());
        case DUE -> TaskDue.key(task.due(), task.dueZone());
        case PRIORITY -> TaskPriority.number(task.priority());
        case POSITION -> task.position();
        case COMPLETED_AT -> task.completedAt();
        case DELETED_AT -> task.deletedAt();
      };
    }

    private String parameter() {
      return this == TITLE ? "title" : name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param value of the parameter {@code sort}
   * @param filter of the list
   */
  static TaskOrder of(String value, TaskFilter filter) {
    String order = value == null ? DEFAULT : value;
    boolean descending = order.startsWith("-");
    String name = descending ? order.substring(1) : order;
    return Arrays.stream(Key.values())
        .filter(key -> key.parameter().equals(name))
        .findFirst()
        .map(
            key ->
                new TaskOrder(
                    key,
                    descending,
                    key.nullable && !(key == Key.DUE && filter.due().requiresDue())))
        .orElseThrow(
            () ->
                ProblemException.invalid(
                    "sort",
                    Arrays.stream(Key.values())
                        .map(Key::parameter)
                        .collect(
                            Collectors.joining(
                                ", ", "must be one of ", ", with - in front for descending"))));
  }

  /**
   * SQL for the tasks after a position.
   *
   * @param hasKey whether the position has a key. Then the parameters are key and id, else the id.
   */
  String after(boolean hasKey) {
    String direction = descending ? "<" : ">";
    if (!hasKey) {
      return key.column + " is null and id " + direction + " ?";
    }
    String after = "(" + key.column + ", id) " + direction + " (" + key.kind.place + ", ?)";
    return hasNulls ? "(" + after + " or " + key.column + " is null)" : after;
  }

  String orderBy() {
    String direction = descending ? "desc" : "asc";
    String last = hasNulls ? " nulls last" : "";
    return " order by " + key.column + " " + direction + last + ", id " + direction;
  }
}
