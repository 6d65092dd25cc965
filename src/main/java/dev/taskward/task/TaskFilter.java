package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.text.Normalizer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Selects the user's tasks of a list; null means any.
 *
 * @param text in title or description, without regard to case and accents
 * @param createdSince at this time or later
 * @param updatedSince at this time or later
 */
record TaskFilter(
    boolean deleted, Boolean completed, String text, Instant createdSince, Instant updatedSince) {

  static final List<String> PARAMETERS =
      List.of("completed", "deleted", "q", "created_since", "updated_since");

  /** Code points. */
  static final int TEXT_MAX = 100;

  /** A letter, digit or symbol, which stays when case and accents are removed. */
  private static final Pattern SEARCHABLE = Pattern.compile("[^\\p{Z}\\p{Cc}\\p{Cf}\\p{M}]");

  /** Includes U+FFFD, which replaces bytes that are not UTF-8. */
  private static final Pattern NOT_STORABLE =
      Pattern.compile("[" + TaskText.NOT_STORABLE + "\\x{FFFD}]");

  /** RFC 3339 in three groups, without digits that PostgreSQL does not store. */
  private static final Pattern TIME =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)"
              + "(?:(\\.\\d{1,6})\\d*)?"
              + "(Z|[+-]\\d\\d:\\d\\d)");

  static TaskFilter of(Map<String, List<String>> parameters) {
    return new TaskFilter(
        Boolean.TRUE.equals(flag(parameters, "deleted")),
        flag(parameters, "completed"),
        text(value(parameters, "q")),
        time(parameters, "created_since"),
        time(parameters, "updated_since"));
  }

  /** The one value of a parameter; null if it was not sent. */
  static String value(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.get(name);
    return values == null ? null : values.get(0);
  }

  static Boolean flag(Map<String, List<String>> parameters, String name) {
    String value = value(parameters, name);
    if (value == null) {
      return null;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ProblemException.invalid(name, "must be true or false");
    };
  }

  private static String text(String value) {
    if (value == null) {
      return null;
    }
    if (value.codePointCount(0, value.length()) > TEXT_MAX
        || !SEARCHABLE.matcher(Normalizer.normalize(value, Normalizer.Form.NFKD)).find()
        || NOT_STORABLE.matcher(value).find()) {
      throw ProblemException.invalid(
          "q", "must be 1 to " + TEXT_MAX + " characters, at least one of them visible");
    }
    return value;
  }

  /** The time, cut to microseconds. */
  private static Instant time(Map<String, List<String>> parameters, String name) {
    String value = value(parameters, name);
    if (value == null) {
      return null;
    }
    try {
      Matcher time = TIME.matcher(value);
      if (time.matches()) {
        String micros = Objects.requireNonNullElse(time.group(2), "");
        return OffsetDateTime.parse(time.group(1) + micros + time.group(3)).toInstant();
      }
    } catch (DateTimeException noSuchTime) {
      // the same error as for another form
    }
    throw ProblemException.invalid(
        name, "must be a time like 2026-01-13T10:00:00Z (RFC 3339; a + is sent as %2B)");
  }

  /** SQL. The deleted flag is no parameter, so that the planner can use a partial index. */
  String where() {
    StringBuilder where = new StringBuilder("deleted = ").append(deleted);
    if (completed != null) {
      where.append(" and completed = ?");
    }
    if (text != null) {
      where.append(" and search like task_search_pattern(?) escape '!'");
    }
    if (createdSince != null) {
      where.append(" and created_at >= ?");
    }
    if (updatedSince != null) {
      where.append(" and updated_at >= ?");
    }
    return where.toString();
  }

  /** The parameters of {@link #where}, in their order. */
  List<Object> values() {
    return Stream.<Object>of(completed, text, createdSince, updatedSince)
        .filter(Objects::nonNull)
        .toList();
  }
}
