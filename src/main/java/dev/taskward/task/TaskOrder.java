package dev.taskward.task;

import dev.taskward.http.ProblemException;

/**
 * The order of a list. Tasks that are equal in it come in the order of their ids, in the same
 * direction: so a place in it is one task's, and one index serves both directions.
 */
record TaskOrder(Key key, boolean descending) {

  static final String DEFAULT = "-created_at";

  /** What a list can be sorted by. */
  enum Key {
    CREATED_AT("createdAt", ":key"),
    UPDATED_AT("updatedAt", ":key"),
    TITLE("titleKey", "function('task_title_key' as String, :key)");

    private final String attribute;
    private final String place;

    Key(String attribute, String place) {
      this.attribute = attribute;
      this.place = place;
    }

    /** What a cursor keeps of a task. */
    Object of(Task task) {
      return switch (this) {
        case CREATED_AT -> task.createdAt;
        case UPDATED_AT -> task.updatedAt;
        case TITLE -> task.title;
      };
    }
  }

  static TaskOrder of(String value) {
    return switch (value == null ? DEFAULT : value) {
      case "created_at" -> new TaskOrder(Key.CREATED_AT, false);
      case "-created_at" -> new TaskOrder(Key.CREATED_AT, true);
      case "updated_at" -> new TaskOrder(Key.UPDATED_AT, false);
      case "-updated_at" -> new TaskOrder(Key.UPDATED_AT, true);
      case "title" -> new TaskOrder(Key.TITLE, false);
      case "-title" -> new TaskOrder(Key.TITLE, true);
      default ->
          throw ProblemException.invalid(
              "sort", "must be created_at, updated_at or title, with - in front for descending");
    };
  }

  /** HQL: only what comes after the place of {@code :key} and {@code :id}. */
  String after() {
    return "(%s, id) %s (%s, :id)".formatted(key.attribute, descending ? "<" : ">", key.place);
  }

  String orderBy() {
    String direction = descending ? "desc" : "asc";
    return " order by %s %s, id %s".formatted(key.attribute, direction, direction);
  }
}
