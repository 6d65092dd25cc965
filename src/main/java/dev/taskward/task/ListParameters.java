package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads query parameters. An invalid value gets 400 with the parameter's name. */
final class ListParameters {

  /** RFC 3339 in three groups, without digits that PostgreSQL does not store. */
  private static final Pattern TIME =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)"
              + "(?:(\\.\\d{1,6})\\d*)?"
              + "(Z|[+-]\\d\\d:\\d\\d)");

  /** The first value; null if the parameter was not sent. */
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

  /** The time, cut to microseconds. */
  static Instant time(Map<String, List<String>> parameters, String name) {
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

  private ListParameters() {}
}
