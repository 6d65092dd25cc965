package dev.taskward.idempotency;

import dev.taskward.problem.ProblemException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The {@code Idempotency-Key} header: a quoted string (RFC 8941), or the same characters without
 * quotes, as many clients send it. A key has 1 to 255 characters of printable ASCII.
 */
public final class IdempotencyKey {

  public static final String HEADER = "Idempotency-Key";

  private static final int LENGTH_MAX = 255;

  /** Possessive: Java matches such a group in a loop, without deep recursion. */
  private static final Pattern QUOTED = Pattern.compile("\"((?:[ !#-\\[\\]-~]|\\\\[\"\\\\])*+)\"");

  /** Without a comma: a proxy may join two headers with one. */
  private static final Pattern BARE = Pattern.compile("[ !#-+\\--~]*");

  /**
   * @throws ProblemException (400) if it is malformed or given more than once
   */
  static String parse(List<String> values) {
    if (values.size() > 1) {
      throw ProblemException.invalid(HEADER, "must be given once");
    }
    String value = values.get(0).strip();
    var quoted = QUOTED.matcher(value);
    String key;
    if (quoted.matches()) {
      key = quoted.group(1).replaceAll("\\\\(.)", "$1");
    } else if (BARE.matcher(value).matches()) {
      key = value;
    } else {
      throw ProblemException.invalid(
          HEADER, "must be a string of printable ASCII characters, in quotes or without");
    }
    if (key.isEmpty() || key.length() > LENGTH_MAX) {
      throw ProblemException.invalid(HEADER, "must be 1 to " + LENGTH_MAX + " characters long");
    }
    return key;
  }

  private IdempotencyKey() {}
}
