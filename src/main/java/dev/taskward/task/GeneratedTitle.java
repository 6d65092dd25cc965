package dev.taskward.task;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the title of a task that comes without one: the first words of its description. */
final class GeneratedTitle {

  static final String DEFAULT = "Untitled task";

  /** Code points, the ellipsis included. */
  static final int MAX = 50;

  /** A cut between words keeps at least this many code points. */
  private static final int MIN_WORDS = 30;

  private static final Pattern WHITE_SPACE = Pattern.compile("[\\p{Z}\\p{Cc}]+");

  /** Also the byte order mark and other invisible separators. */
  private static final Pattern ENDS =
      Pattern.compile("^[ \\x{200B}\\x{2060}\\x{FEFF}]+|[ \\x{200B}\\x{2060}\\x{FEFF}]+$");

  /** An extended grapheme cluster (Unicode Annex 29), such as a flag. */
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  /** Embeddings, overrides and isolates (Unicode Annex 9), and their ends. */
  private static final Pattern BIDI_CONTROLS =
      Pattern.compile("[\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]");

  /**
   * One line of at most {@value #MAX} code points.
   *
   * @param description null if there is none
   */
  static String of(String description) {
    if (description == null) {
      return DEFAULT;
    }
    String title = cut(line(description));
    if (!isBalanced(title)) {
      title = cut(line(BIDI_CONTROLS.matcher(description).replaceAll("")));
    }
    return title;
  }

  private static String line(String description) {
    return ENDS.matcher(WHITE_SPACE.matcher(description).replaceAll(" ")).replaceAll("");
  }

  /** Ends the title between grapheme clusters, and between words if enough of it stays. */
  private static String cut(String line) {
    if (line.codePointCount(0, line.length()) <= MAX) {
      return TaskText.isVisible(line) ? line : DEFAULT;
    }
    int max = line.offsetByCodePoints(0, MAX - 1);
    int end = 0;
    Matcher cluster = CLUSTER.matcher(line);
    while (cluster.find() && cluster.end() <= max) {
      end = cluster.end();
    }
    int space = line.lastIndexOf(' ', end);
    if (end == 0) {
      end = max; // the first cluster is longer than a title
    } else if (space >= line.offsetByCodePoints(0, MIN_WORDS)) {
      end = space;
    }
    String title = line.substring(0, end).stripTrailing();
    return TaskText.isVisible(title) ? title + "…" : DEFAULT;
  }

  /** Whether each embedding, override and isolate has its own end, in the order of a stack. */
  private static boolean isBalanced(String title) {
    Deque<Character> ends = new ArrayDeque<>();
    for (char c : title.toCharArray()) {
      switch (c) {
        case '\u202A', '\u202B', '\u202D', '\u202E' -> ends.push('\u202C');
        case '\u2066', '\u2067', '\u2068' -> ends.push('\u2069');
        case '\u202C', '\u2069' -> {
          if (ends.isEmpty() || ends.pop() != c) {
            return false;
          }
        }
        default -> {} // no bidi control
      }
    }
    return ends.isEmpty();
  }

  private GeneratedTitle() {}
}
