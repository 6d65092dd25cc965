package dev.taskward.auth;

import java.util.regex.Pattern;

/** The rules for the names of users, which are the subjects of tokens. */
public final class Subject {

  public static final String ERROR = "must be 1 to 255 characters, not blank";

  private static final int LENGTH_MAX = 255;

  private static final Pattern VISIBLE = Pattern.compile("[^\\p{Z}\\p{Cc}\\p{Cf}]");

  /**
   * PostgreSQL does not store U+0000 and unpaired surrogates. U+FFFD replaces invalid UTF-8, so two
   * subjects could become one.
   */
  private static final Pattern NOT_A_NAME = Pattern.compile("[\\x00\\p{Cs}\\x{FFFD}]");

  /** Whether the database can store it, and nobody takes it for another. */
  public static boolean isValid(String subject) {
    return subject != null
        && VISIBLE.matcher(subject).find()
        && subject.codePointCount(0, subject.length()) <= LENGTH_MAX
        && !NOT_A_NAME.matcher(subject).find();
  }

  private Subject() {}
}
