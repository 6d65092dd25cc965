package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratedTitleTest {

  private static final String X30 = "x".repeat(30);

  @Test
  void aShortDescriptionIsTheTitleInOneLine() {
    assertEquals("Call Ann", GeneratedTitle.of("Call Ann"));
    assertEquals("Call Ann", GeneratedTitle.of("\ufeff\u200b Call\r\n\tAnn\u2003\u2028"));
    assertEquals("🦉".repeat(50), GeneratedTitle.of("🦉".repeat(50)));
  }

  @Test
  void aLongDescriptionIsCutAtAWord() {
    assertEquals(
        "Call the plumber about the dripping kitchen tap…",
        GeneratedTitle.of(" Call  the plumber\nabout the dripping kitchen tap today"));
    assertEquals(
        "x".repeat(40) + " " + "y".repeat(8) + "…",
        GeneratedTitle.of("x".repeat(40) + " " + "y".repeat(8) + " z"));
    assertEquals(X30 + "…", GeneratedTitle.of(X30 + " " + "y".repeat(30)));
  }

  @Test
  void aCutThatLeavesFewWordsIsHard() {
    assertEquals(
        "See https://example.com/a-long-address-without-sp…",
        GeneratedTitle.of("See https://example.com/a-long-address-without-spaces-in-it"));
    assertEquals(
        "x".repeat(29) + " " + "y".repeat(19) + "…",
        GeneratedTitle.of("x".repeat(29) + " " + "y".repeat(30)));
    assertEquals("日".repeat(49) + "…", GeneratedTitle.of("日".repeat(60)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "🇩🇪",
        "👨‍👩‍👧‍👦",
        "🏴\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f",
        "👍🏽",
        "❤\ufe0f",
        "e\u0301",
        "각",
        "\u1100\u1161\u11a8",
        "น้ำ",
        "कि",
        "🫠"
      })
  void aCutIsBetweenGraphemeClusters(String cluster) {
    int length = cluster.codePointCount(0, cluster.length());
    for (int before = 0; before < length; before++) {
      String title = GeneratedTitle.of("x".repeat(before) + cluster.repeat(60));

      assertEquals("x".repeat(before) + cluster.repeat((49 - before) / length) + "…", title);
    }
  }

  /** Nothing else can be done with it. The base letter stays. */
  @Test
  void aClusterLongerThanATitleIsCut() {
    assertEquals("e" + "\u0301".repeat(48) + "…", GeneratedTitle.of("e" + "\u0301".repeat(80)));
    assertEquals("Oh…", GeneratedTitle.of("Oh e" + "\u0301".repeat(80)));
  }

  @Test
  void unbalancedBidiControlsAreRemoved() {
    assertEquals("abc def", GeneratedTitle.of("abc \u202e def"));
    assertEquals("abc", GeneratedTitle.of("\u2067abc"));
    assertEquals("abc", GeneratedTitle.of("abc\u202c"));
    assertEquals("abc", GeneratedTitle.of("\u202a\u2066abc\u202c\u2069"));
    assertEquals("x".repeat(49) + "…", GeneratedTitle.of("\u2068" + "x".repeat(60) + "\u2069"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Call \u2068שלום\u2069 now",
        "\u202babc\u202c",
        "a \u2066b \u202ec\u202c\u2069",
        "\u200fשלום"
      })
  void balancedBidiControlsStay(String description) {
    assertEquals(description, GeneratedTitle.of(description));
  }

  @ParameterizedTest
  @CsvSource({
    "3164", "115f", "1160", "ffa0", "2800", "fe0f", "034f", "180b", "180c", "180d", "180f", "17b4",
    "e0100", "0301", "064b", "05b7", "20d0", "00ad", "200b", "200d", "2060", "feff", "202e", "2066",
    "0085", "00a0", "3000", "e0001", "e0fff", "fff0", "2065",
  })
  void charactersThatShowNothingMakeNoTitle(String hex) {
    String c = Character.toString(Integer.parseInt(hex, 16));

    assertEquals("Untitled task", GeneratedTitle.of(c));
    assertEquals("Untitled task", GeneratedTitle.of(" " + c.repeat(60)));
    assertEquals("Untitled task", GeneratedTitle.of(c.repeat(3) + "\n" + c));
  }

  @Test
  void withoutADescriptionTheTitleIsTheDefault() {
    assertEquals("Untitled task", GeneratedTitle.of(null));
    assertEquals("Untitled task", GeneratedTitle.of(""));
    assertEquals("Untitled task", GeneratedTitle.of(" \u00a0\u200b\n"));
  }

  @Test
  void everyTitleHasAtMost50CodePointsAndAVisibleOne() {
    int[] characters =
        "ax 🦉🇩e\u0301\u200d\u200b\ufeff\u202e\u202c\u2066\u2069\n\u3164각".codePoints().toArray();
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      int[] text =
          random
              .ints(1 + random.nextInt(100), 0, characters.length)
              .map(c -> characters[c])
              .toArray();
      String description = new String(text, 0, text.length);

      String title = GeneratedTitle.of(description);

      assertTrue(title.codePointCount(0, title.length()) <= 50, description);
      assertTrue(TaskText.isVisible(title), description);
      assertTrue(title.equals(title.strip()), description);
    }
  }
}
