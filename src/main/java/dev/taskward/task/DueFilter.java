package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Selects the tasks of a list by their due date; null means any.
 *
 * <p>A due time with a zone is an instant. The filter's times are instants in {@code zone} for
 * these tasks, and local times for the others. A date counts as its midnight.
 *
 * <p>Overdue depends on the clock: a task that becomes overdue between two pages can be missing or
 * appear twice.
 *
 * @param from at this time or later
 * @param before earlier than this time
 * @param overdue not completed, and the time has passed or the date is before today
 * @param zone of the client's clock
 */
record DueFilter(
    LocalDateTime from,
    LocalDateTime before,
    Boolean overdue,
    Boolean hasDue,
    ZoneId zone,
    Instant now) {

  static final List<String> PARAMETERS =
      List.of("due_from", "due_before", "overdue", "has_due", "tz");

  static DueFilter of(Map<String, List<String>> parameters, Instant now) {
    Boolean overdue = ListParameters.flag(parameters, "overdue");
    return new DueFilter(
        time(parameters, "due_from"),
        time(parameters, "due_before"),
        overdue,
        ListParameters.flag(parameters, "has_due"),
        zone(ListParameters.value(parameters, "tz"), overdue != null),
        now);
  }

  private static LocalDateTime time(Map<String, List<String>> parameters, String name) {
    String value = ListParameters.value(parameters, name);
    String error = value == null ? null : TaskDue.error(value, "tz");
    if (error != null) {
      throw ProblemException.invalid(name, error);
    }
    return value == null ? null : TaskDue.parse(value);
  }

  private static ZoneId zone(String name, boolean isRequired) {
    if (name == null && isRequired) {
      throw ProblemException.invalid("tz", "is required with overdue");
    }
    if (name != null && !TaskDue.isZone(name)) {
      throw ProblemException.invalid("tz", TaskDue.ZONE_ERROR);
    }
    return name == null ? ZoneOffset.UTC : ZoneId.of(name);
  }

  /** Whether every task that it selects has a due date. */
  boolean requiresDue() {
    return from != null
        || before != null
        || Boolean.TRUE.equals(overdue)
        || Boolean.TRUE.equals(hasDue);
  }

  /** Whether the tasks that it selects change without a change of a task. */
  boolean dependsOnClock() {
    return overdue != null;
  }

  void addTo(Condition condition) {
    if (from != null) {
      addBound(">=", from, condition);
    }
    if (before != null) {
      addBound("<", before, condition);
    }
    if (overdue != null) {
      addOverdue(condition);
    }
    if (hasDue != null) {
      condition.and(hasDue ? "due_key is not null" : "due_key is null");
    }
  }

  /** The first comparison includes all tasks of the second, and can use an index. */
  private void addBound(String comparison, LocalDateTime local, Condition condition) {
    LocalDateTime utc = TaskDue.utc(local, zone);
    boolean localIsWider = comparison.equals("<") ? local.isAfter(utc) : local.isBefore(utc);
    LocalDateTime wider = localIsWider ? local : utc;
    condition.and("due_key " + comparison + " ?::timestamp", wider.toString());
    if (!local.equals(utc)) {
      condition.and(
          "due_key "
              + comparison
              + " case when due_zone is null then ?::timestamp else ?::timestamp end",
          local.toString(),
          utc.toString());
    }
  }

  /**
   * Near a change of the offset, a local time without a zone counts as in {@link TaskDue#utc}: with
   * the offset before the change, if the change skips or repeats the time.
   */
  private void addOverdue(Condition condition) {
    LocalDateTime utc = LocalDateTime.ofInstant(now, ZoneOffset.UTC);
    LocalDateTime clock = LocalDateTime.ofInstant(now, zone);
    LocalDateTime today = LocalDate.ofInstant(now, zone).atStartOfDay();
    LocalDateTime changed = clock;
    LocalDateTime clockWithoutChange = clock;
    ZoneOffsetTransition change = zone.getRules().previousTransition(now.plusNanos(1));
    if (change != null) {
      changed = latest(change.getDateTimeBefore(), change.getDateTimeAfter());
      clockWithoutChange = LocalDateTime.ofInstant(now, change.getOffsetBefore());
    }
    if (overdue) { // for an index, as above
      condition.and("due_key < ?::timestamp", latest(utc, clock, clockWithoutChange).toString());
    }
    condition.and(
        "(not completed and due_key < case when due_zone is not null then ?::timestamp"
            + " when length(due) = 10 then ?::timestamp"
            + " when due_key < ?::timestamp then ?::timestamp else ?::timestamp end)"
            + (overdue ? "" : " is not true"),
        utc.toString(),
        today.toString(),
        changed.toString(),
        clockWithoutChange.toString(),
        clock.toString());
  }

  private static LocalDateTime latest(LocalDateTime... times) {
    return Collections.max(Arrays.asList(times));
  }

  /** Everything that distinguishes the filter from others, without the time of the request. */
  String identity() {
    return Arrays.asList(from, before, overdue, hasDue, zone).toString();
  }
}
