package dev.taskward.task;

import dev.taskward.problem.ProblemException;

/**
 * The order of a list. Tasks with equal keys are sorted by id in the same direction. So each
 * position is unique, and one index serves both directions.
 */
record TaskOrder(Key key, boolean descending) {

  static final String DEFAULT = "-created_at";

  /** The key that a list is sorted by. */
  enum Key {
    CREATED_AT("created_at", "?"),
    UPDATED_AT("updated_at", "?"),
    TITLE("title_key", "task_title_key(?)");

    private final String column;
    private final String place;

    Key(String column, String place) {
      this.column = column;
      this.place = place;
    }

    /** The value that a cursor holds of a task. */
    Object of(TaskRepresentation task) {
      return switch (this) {
        case CREATED_AT -> task.createdAt();
        case UPDATED_AT -> task.updatedAt();
        case TITLE -> task.title();
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

  /** SQL for the tasks after a position. Its parameters are key and id. */
  String after() {
    return "(" + key.column + ", id) " + (descending ? "<" : ">") + " (" + key.place + ", ?)";
  }

  String orderBy() {
    String direction = descending ? "desc" : "asc";
    return " order by " + key.column + " " + direction + ", id " + direction;
  }
}
