package dev.taskward.idempotency;

import dev.taskward.problem.ProblemException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The {@code Idempotency-Key} header: a string of RFC 8941 in its quotes, or, as many clients send
 * it, the same characters without them. 1 to 255 characters of printable ASCII.
 */
public final class IdempotencyKey {

  public static final String HEADER = "Idempotency-Key";

  private static final int LENGTH_MAX = 255;

  /**
   * Possessive: Java matches such a group in a loop, not by a recursion that a header can exhaust.
   */
  private static final Pattern QUOTED = Pattern.compile("\"((?:[ !#-\\[\\]-~]|\\\\[\"\\\\])*+)\"");

  /** Without a comma, which is what two headers become when a proxy folds them into one. */
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
