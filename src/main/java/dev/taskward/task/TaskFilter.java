package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Selects the user's tasks of a list; null means any.
 *
 * @param patterns for {@code q}: LIKE patterns of its words, which all must match
 * @param createdSince at this time or later, like the other times
 * @param tags all of them
 * @param minPriority 1 to 4
 */
record TaskFilter(
    boolean deleted,
    Boolean completed,
    List<String> patterns,
    Instant createdSince,
    Instant updatedSince,
    Instant completedSince,
    List<String> tags,
    Integer minPriority,
    DueFilter due) {

  static final String TAG = "tag";

  static final List<String> PARAMETERS =
      Stream.concat(
              Stream.of(
                  "completed",
                  "deleted",
                  "q",
                  "created_since",
                  "updated_since",
                  "completed_since",
                  TAG,
                  "min_priority"),
              DueFilter.PARAMETERS.stream())
          .toList();

  /** Code points. */
  static final int TEXT_MAX = 100;

  static TaskFilter of(Map<String, List<String>> parameters) {
    return new TaskFilter(
        Boolean.TRUE.equals(ListParameters.flag(parameters, "deleted")),
        ListParameters.flag(parameters, "completed"),
        patterns(ListParameters.value(parameters, "q")),
        ListParameters.time(parameters, "created_since"),
        ListParameters.time(parameters, "updated_since"),
        ListParameters.time(parameters, "completed_since"),
        tags(parameters.getOrDefault(TAG, List.of())),
        priority(ListParameters.value(parameters, "min_priority")),
        DueFilter.of(parameters, Instant.now()));
  }

  private static List<String> patterns(String value) {
    if (value == null) {
      return List.of();
    }
    try {
      if (value.codePointCount(0, value.length()) <= TEXT_MAX && isText(value)) {
        return SearchText.patterns(value);
      }
    } catch (IllegalArgumentException nothingVisible) {
      // the same error as for another text
    }
    throw ProblemException.invalid(
        "q", "must be at most " + TEXT_MAX + " characters, and empty or with a visible one");
  }

  private static List<String> tags(List<String> values) {
    for (String tag : values) {
      if (tag.isEmpty() || !isText(tag)) {
        throw ProblemException.invalid(TAG, "must be a tag");
      }
    }
    if (values.size() > TaskTags.MAX) {
      throw ProblemException.invalid(TAG, "must be given at most " + TaskTags.MAX + " times");
    }
    return TaskTags.nfc(values);
  }

  /** U+FFFD replaces bytes that are not UTF-8. */
  private static boolean isText(String value) {
    return value.indexOf('\uFFFD') < 0 && TaskText.storageError(value) == null;
  }

  private static Integer priority(String name) {
    if (name != null && !TaskPriority.NAMES.contains(name)) {
      throw ProblemException.invalid("min_priority", "must be low, normal, high or urgent");
    }
    return TaskPriority.number(name);
  }

  /** The deleted flag is no value, so that the planner can use a partial index. */
  Condition condition() {
    Condition condition = new Condition().and(deleted ? "deleted" : "not deleted");
    if (completed != null) {
      condition.and("completed = ?", completed);
    }
    patterns.forEach(pattern -> condition.and("search like ? escape '!'", pattern));
    if (createdSince != null) {
      condition.and("created_at >= ?", createdSince);
    }
    if (updatedSince != null) {
      condition.and("updated_at >= ?", updatedSince);
    }
    if (completedSince != null) {
      condition.and("completed_at >= ?", completedSince);
    }
    tags.forEach(tag -> condition.and("? = any (tags)", tag));
    if (minPriority != null) {
      condition.and("priority >= ?", minPriority);
    }
    due.addTo(condition);
    return condition;
  }

  /** Distinguishes this filter from others. It does not change with the clock. */
  String identity() {
    return Stream.of(
            deleted,
            completed,
            patterns,
            createdSince,
            updatedSince,
            completedSince,
            tags,
            minPriority,
            due.identity())
        .map(String::valueOf)
        .collect(Collectors.joining("\0"));
  }
}
