package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Reads query parameters. An invalid value gets 400 with the parameter's name. */
final class ListParameters {

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
    Instant time = TaskTime.parse(value);
    if (time == null) {
      throw ProblemException.invalid(
          name, "must be a time like 2026-01-13T10:00:00Z (RFC 3339; a + is sent as %2B)");
    }
    return time;
  }

  private ListParameters() {}
}
