package dev.taskward.task;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folds text for searches and for the order by title. Texts that differ only in case, accents,
 * compatibility forms, invisible characters or the width of white space become equal.
 *
 * <p>The rules depend on neither the locale nor the database. Characters newer than the Unicode
 * version of the JDK stay as they are.
 */
final class SearchText {

  /** Code points. A sort key has a bounded size. */
  static final int TITLE_KEY_MAX = 100;

  /** Text in quotes, the last quote may be missing, or characters up to the next white space. */
  private static final Pattern WORD =
      Pattern.compile("\"([^\"]*)\"?|\\S+", Pattern.UNICODE_CHARACTER_CLASS);

  /** First and last of each range of ignored characters, ascending. */
  private static final int[] IGNORED = {
    0x0000, 0x0008, // control characters that are no white space
    0x000E, 0x001F,
    0x007F, 0x0084,
    0x0086, 0x009F,
    0x00AD, 0x00AD, // soft hyphen
    0x0300, 0x036F, // combining marks
    0x0591, 0x05BD, // Hebrew points
    0x05BF, 0x05BF,
    0x05C1, 0x05C2,
    0x05C4, 0x05C5,
    0x05C7, 0x05C7,
    0x061C, 0x061C, // Arabic letter mark
    0x0640, 0x0640, // tatweel
    0x064B, 0x0652, // harakat
    0x0670, 0x0670,
    0x115F, 0x1160, // Hangul fillers; NFKD maps U+3164 and U+FFA0 to the second
    0x17B4, 0x17B5, // inherent vowels of Khmer
    0x180B, 0x180F, // variation selectors and vowel separator of Mongolian
    0x1AB0, 0x1AFF, // combining marks
    0x1DC0, 0x1DFF,
    0x200B, 0x200F, // zero width and bidi controls
    0x202A, 0x202E,
    0x2060, 0x206F,
    0x20D0, 0x20FF, // combining marks
    0xFB1E, 0xFB1E, // a Hebrew point
    0xFE00, 0xFE0F, // variation selectors
    0xFE20, 0xFE2F, // combining marks
    0xFEFF, 0xFEFF, // byte order mark
    0xFFF0, 0xFFF8, // unassigned, but ignorable
    0x1BCA0, 0x1BCA3, // controls of shorthand
    0x1D173, 0x1D17A, // controls of musical notation
    0xE0000, 0xE0FFF, // tags, variation selectors
  };

  /**
   * Folds a text. The result has no white space at its ends, single spaces between, no control
   * character, and is in NFC. Folding it again changes nothing.
   *
   * <p>NFKD separates the ignored marks from their letters. NFC joins what stays, so that a kana
   * with dakuten and a syllable of Hangul are single characters.
   */
  static String fold(String text) {
    if (isPlain(text)) {
      return text.toLowerCase(Locale.ROOT);
    }
    String from = Normalizer.normalize(text, Normalizer.Form.NFKD);
    StringBuilder to = new StringBuilder(from.length());
    boolean space = false;
    boolean alef = false; // an alef, then only marks
    for (int i = 0; i < from.length(); ) {
      int c = from.codePointAt(i);
      i += Character.charCount(c);
      if (isWhiteSpace(c)) {
        space = !to.isEmpty();
        alef = false;
      } else if (!isIgnored(c) && !(alef && isHamza(c))) {
        if (space) {
          to.append(' ');
          space = false;
        }
        appendLetter(c, to);
        alef =
            to.charAt(to.length() - 1) == 'ا'
                || alef && Character.getType(c) == Character.NON_SPACING_MARK;
      }
    }
    return Normalizer.normalize(to, Normalizer.Form.NFC);
  }

  /**
   * Whether only upper case can differ from the folded text, as in most texts: ASCII in one line.
   */
  private static boolean isPlain(String text) {
    char previous = ' ';
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == ' ' && previous == ' ') {
        return false;
      }
      previous = c;
    }
    return previous != ' ';
  }

  /** Unicode's property White_Space. */
  private static boolean isWhiteSpace(int c) {
    return Character.isSpaceChar(c) || c >= '\t' && c <= '\r' || c == 0x85;
  }

  private static boolean isIgnored(int c) {
    if (c >= ' ' && c < 0x7F) {
      return false;
    }
    int index = Arrays.binarySearch(IGNORED, c);
    return index >= 0 || (~index & 1) == 1; // an end of a range, or between its ends
  }

  /** Madda, hamza above or hamza below. */
  private static boolean isHamza(int c) {
    return c >= 0x0653 && c <= 0x0655;
  }

  /** Appends the letter in lower case. ı and ς have the upper case of another letter. */
  private static void appendLetter(int c, StringBuilder to) {
    int lower = Character.toLowerCase(Character.toUpperCase(c));
    switch (lower) {
      case 'ß' -> to.append("ss");
      case 'œ' -> to.append("oe");
      case 'æ' -> to.append("ae");
      case 'ø' -> to.append('o');
      case 'ł' -> to.append('l');
      case 'đ' -> to.append('d');
      case 'ħ' -> to.append('h');
      case 'ŧ' -> to.append('t');
      case '‘', '’', '‛', 'ʻ', 'ʼ' -> to.append('\'');
      case 'ٱ', 'ٲ', 'ٳ' -> to.append('ا'); // NFKD separates the hamza of the other forms
      default -> to.appendCodePoint(lower);
    }
  }

  /**
   * The text that a search looks at. No phrase spans two fields, because no folded text has a line
   * feed.
   *
   * @param description null if there is none
   */
  static String of(String title, String description, List<String> tags) {
    StringBuilder text = new StringBuilder(fold(title));
    if (description != null) {
      text.append('\n').append(fold(description));
    }
    tags.forEach(tag -> text.append('\n').append(fold(tag)));
    return text.toString();
  }

  /**
   * The sort key of a title, in the order of code points. Runs of digits compare as numbers: behind
   * the count of its digits, a greater number is the greater text.
   */
  static String titleKey(String title) {
    String folded = fold(title);
    StringBuilder key = new StringBuilder(folded.length() + 1);
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < folded.length(); ) {
      int c = folded.codePointAt(i);
      i += Character.charCount(c);
      if (Character.isDigit(c)) {
        digits.append(Character.digit(c, 10));
      } else {
        appendNumber(digits, key);
        key.appendCodePoint(c);
      }
    }
    appendNumber(digits, key);
    int length = Math.min(TITLE_KEY_MAX, key.codePointCount(0, key.length()));
    return key.substring(0, key.offsetByCodePoints(0, length));
  }

  /**
   * Moves a number to the key, without leading zeros, behind the count of its digits. The count is
   * the sum of digits up to the first one below 9, so any count has a form: 9 is {@code 90}, 12 is
   * {@code 93}.
   */
  private static void appendNumber(StringBuilder digits, StringBuilder key) {
    if (digits.isEmpty()) {
      return;
    }
    int first = 0;
    while (first < digits.length() && digits.charAt(first) == '0') {
      first++;
    }
    int count = digits.length() - first;
    key.append("9".repeat(count / 9)).append(count % 9).append(digits, first, digits.length());
    digits.setLength(0);
  }

  /**
   * LIKE patterns for the words of a search, with {@code !} as the escape character. A text matches
   * the search if it matches all of them.
   *
   * <p>White space separates words. A quote at the start of a word begins a phrase, up to the next
   * quote or the end. Any other quote is a character.
   *
   * @return without duplicates; empty if there is no word
   * @throws IllegalArgumentException if there are words, but all their characters are ignored
   */
  static List<String> patterns(String q) {
    Set<String> patterns = new LinkedHashSet<>();
    boolean blank = true;
    Matcher words = WORD.matcher(q);
    while (words.find()) {
      String word = words.group(1) == null ? words.group() : words.group(1);
      String folded = fold(word);
      if (!folded.isEmpty()) {
        patterns.add('%' + escape(folded) + '%');
      }
      blank &= word.codePoints().allMatch(SearchText::isWhiteSpace);
    }
    if (patterns.isEmpty() && !blank) {
      throw new IllegalArgumentException("no character to search for");
    }
    return List.copyOf(patterns);
  }

  private static String escape(String text) {
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_");
  }

  private SearchText() {}
}
