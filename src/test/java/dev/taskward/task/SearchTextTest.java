package dev.taskward.task;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTextTest {

  /** Each kind of character that the folding treats in its own way. */
  private static final String INTERESTING =
      "aAéßẞıİςΣœÆøŁđĦŧ’'ʼ‘أإآاٱٲٳؤئﻼﷺءשׁ가한がガｶﾞกำक्षिै0٣３²½ﬁﬀŉ´゛…🦉❤👨"
          + "\u0301\u0323\u0307\u0338\u0345\u034f\u0591\u05b7\u05c1\u05bf\u0640\u064b\u0651"
          + "\u0652\u0653\u0654\u0655\u0670\u06e1\u06e3\u0e31\u0e49\u094d\u093c\u09be\u09c7"
          + "\u3099\u309a\u1100\u1161\u11a8\u115f\u1160\u3164\uffa0\u1ab0\u1dc0\u20e3"
          + "\ufe20\ufe0f\ufb1e\u180b\u17b4\u00ad\u200b\u200c\u200d\u200e\u2060\ufeff\u202e"
          + "\u0001\u007f\u0085 \t\n\u00a0\u1680\u2028\u3000\udb40\udd00";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "FUẞBALL     | fußball",
        "FUẞBALL     | fussball",
        "fussball    | FUẞBALL",
        "Straße      | STRASSE",
        "Crème       | CREME",
        "İstanbul    | istanbul",
        "Iğdır       | IGDIR",
        "ΟΔΟΣ        | οδος",
        "οδός        | ΟΔΟΣ",
        "cœur        | coeur",
        "COEUR       | cœur",
        "Ærø         | aero",
        "ǽ           | AE",
        "Łódź        | lodz",
        "smørrebrød  | SMORREBROD",
        "Đà Nẵng     | da nang",
        "Ħamrun      | hamrun",
        "Ŧ           | t",
        "don’t       | don't",
        "don't       | don’t",
        "donʼt       | don‘t",
        "ŉ           | 'n",
        "ﬁnish       | FINISH",
        "１２３         | 123",
        "ᲐᲑ          | აბ",
        "Ꭰ           | ꭰ",
        "ᲀ           | В",
        "𐐀           | 𐐨",
      })
  void lettersAreFolded(String title, String q) {
    assertTrue(finds(q, title));
  }

  @ParameterizedTest
  @CsvSource({
    "أحمد, احمد",
    "احمد, أحمد",
    "إيمان, ايمان",
    "آمال, امال",
    "القرآن, القران",
    "ٱلكتاب, الكتاب",
    "أ\u064e\u0651, ا",
    "ا\u064e\u0654, ا",
    "مُحَمَّد, محمد",
    "محمـــد, محمد",
    "رحمٰن, رحمن",
    "ﻷ, لا",
    "שָׁלוֹם, שלום",
    "בְּרֵאשִׁ֖ית, בראשית",
    "שׁ, ש",
  })
  void arabicAndHebrewAreFoundWithoutPoints(String title, String q) {
    assertTrue(finds(q, title));
  }

  /** The hamza of other letters, vowel signs, virama, dakuten and the jamo of a syllable. */
  @ParameterizedTest
  @CsvSource({
    "ؤ, و", "ئ, ي", "کि, ک", "क्ष, कष", "が, か", "ガ, カ", "パ, ハ", "ｶﾞ, カ", "กี, กา", "한, 하", "각, 가",
  })
  void marksThatAreLettersStay(String title, String q) {
    assertNotEquals(SearchText.fold(title), SearchText.fold(q));
  }

  @ParameterizedTest
  @CsvSource({"が, か", "한국, 하", "각, 가", "ガス, カ", "ｶﾞ, カ"})
  void aLetterIsNotFoundWithinAnother(String title, String q) {
    assertFalse(finds(q, title));
  }

  @ParameterizedTest
  @CsvSource({
    "か\u3099, が",
    "ｶﾞ, ガ",
    "\u1112\u1161\u11ab, 한",
    "हिन्दी, हिन्दी",
    "น้ำ, น้ำ",
    "日本語, 本"
  })
  void otherFormsOfALetterAreFound(String title, String q) {
    assertTrue(finds(q, title));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x00ad, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff, 0xfe00, 0xfe0f, 0xe0100,
        0xe01ef, 0x034f, 0x061c, 0x180b, 0x180d, 0x180e, 0x17b4, 0x115f, 0x1160, 0x3164, 0xffa0,
        0x202a, 0x202e, 0x2066, 0x2069, 0x0000, 0x0008, 0x001f, 0x007f, 0x009f, 0x0300, 0x036f,
        0x1ab0, 0x1aff, 0x1dc0, 0x1dff, 0x20d0, 0x20ff, 0xfe20, 0xfe2f, 0x0640, 0x064b, 0x0652,
        0x0670, 0x0591, 0x05bd, 0x05bf, 0x05c1, 0x05c2, 0x05c4, 0x05c5, 0x05c7, 0xfb1e
      })
  void invisibleCharactersAndMarksAreIgnored(int c) {
    assertEquals("milk", SearchText.fold("mi" + Character.toString(c) + "lk"));
    assertEquals("x", SearchText.fold(Character.toString(c) + "x" + Character.toString(c)));
  }

  @Test
  void anEmojiIsFoundWithAndWithoutItsVariationSelector() {
    assertTrue(finds("❤", "I ❤️ milk"));
    assertTrue(finds("❤️", "I ❤ milk"));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x0009, 0x000a, 0x000b, 0x000c, 0x000d, 0x0020, 0x0085, 0x00a0, 0x1680, 0x2000, 0x2001,
        0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029,
        0x202f, 0x205f, 0x3000
      })
  void whiteSpaceIsOneSpaceAndSeparatesWords(int c) {
    String space = Character.toString(c);

    assertEquals("oat milk", SearchText.fold(space + "oat" + space + "\u200b " + space + "milk "));
    assertEquals(List.of("%oat%", "%milk%"), SearchText.patterns("oat" + space + space + "milk"));
    assertEquals(List.of("%oat milk%"), SearchText.patterns("\"oat" + space + "milk" + space));
    assertEquals(List.of(), SearchText.patterns(space));
  }

  @Test
  void asciiTextKeepsAllButCase() {
    String printable =
        IntStream.rangeClosed('!', '~').mapToObj(Character::toString).collect(joining());

    assertEquals(printable.toLowerCase(Locale.ROOT), SearchText.fold(printable));
    assertEquals("buy oat milk", SearchText.fold(" Buy  Oat\tMilk\n"));
  }

  @Test
  void foldingIsIdempotent() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      int type = Character.getType(c);
      if (type != Character.UNASSIGNED
          && type != Character.PRIVATE_USE
          && type != Character.SURROGATE) {
        assertFoldedOnce(Character.toString(c));
        assertFoldedOnce("ا" + Character.toString(c) + "\u0654\u0323か");
      }
    }
    assertFoldedOnce("ا\u06e1\u200c\u0655"); // NFC moves the hamza to the alef
    int[] interesting = INTERESTING.codePoints().toArray();
    for (int first : interesting) {
      for (int second : interesting) {
        assertFoldedOnce(Character.toString(first) + Character.toString(second));
      }
    }
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      int[] text = random.ints(8, 0, interesting.length).map(c -> interesting[c]).toArray();
      assertFoldedOnce(new String(text, 0, text.length));
    }
  }

  private static void assertFoldedOnce(String text) {
    String folded = SearchText.fold(text);
    assertEquals(folded, SearchText.fold(folded), () -> codePoints(text));
    assertTrue(
        folded
            .codePoints()
            .noneMatch(
                c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE),
        () -> codePoints(text));
    String key = SearchText.titleKey(text);
    assertTrue(
        key.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE),
        () -> codePoints(text));
  }

  private static String codePoints(String text) {
    return Arrays.toString(text.codePoints().mapToObj(Integer::toHexString).toArray());
  }

  @Test
  void textOfAllFieldsIsFound() {
    String text = SearchText.of("Buy Milk", "two  litres", List.of("Größe", "home"));

    assertEquals("buy milk\ntwo litres\ngrosse\nhome", text);
    assertEquals("buy milk", SearchText.of("Buy Milk", null, List.of()));
    assertTrue(matches(SearchText.patterns("home milk GROSSE"), text));
    assertTrue(matches(SearchText.patterns("\"buy milk\" \"two litres\""), text));
    assertFalse(matches(SearchText.patterns("\"milk two\""), text));
    assertFalse(matches(SearchText.patterns("\"grosse home\""), text));
    assertFalse(matches(SearchText.patterns("milk tea"), text));
  }

  @Test
  void wordsAreFoundInAnyOrder() {
    assertTrue(finds("milk oat", "Buy oat milk"));
    assertFalse(finds("\"milk oat\"", "Buy oat milk"));
    assertTrue(finds("\"oat milk\"", "Buy oat milk"));
    assertTrue(finds("\"OAT  milk\" bu", "Buy oat\n milk"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "milk                | %milk%",
        "` oat  milk `       | %oat%,%milk%",
        "\"oat milk\"        | %oat milk%",
        "\" oat  milk \"     | %oat milk%",
        "\"oat milk          | %oat milk%",
        "buy \"oat milk\"tea | %buy%,%oat milk%,%tea%",
        "\"oat\"\"milk\"     | %oat%,%milk%",
        "19\" rack           | %19\"%,%rack%",
        "a\"b c\"            | %a\"b%,%c\"%",
        "milk Milk MILK      | %milk%",
        "milk \u0301 \u200b  | %milk%",
        "milk \"\u0301\"     | %milk%",
        "100% a_b !c         | %100!%%,%a!_b%,%!!c%",
        "％ ＿ ！               | %!%%,%!_%,%!!%",
        "back\\slash         | %back\\slash%",
        "don´t               | %don t%",
      })
  void wordsAndPhrasesArePatterns(String q, String patterns) {
    assertEquals(List.of(patterns.split(",")), SearchText.patterns(q));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\u2003", "\"", "\"\"", " \" \" "})
  void aSearchWithoutWordsHasNoPattern(String q) {
    assertEquals(List.of(), SearchText.patterns(q));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u0301", " \u200b ", "´", "\u3164", "\"\ufe0f\"", "\u064b", "\u0000"})
  void aSearchOfIgnoredCharactersIsRefused(String q) {
    assertThrows(IllegalArgumentException.class, () -> SearchText.patterns(q));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Item, Item 0, Item 1, ITEM 1 b, item 1a, Item 2, Item 8, Item 9, Item 10, Item 10b, Item"
            + " 11",
        "Item 99, Item 100, Item 99999999, Item 100000000, Item 999999999, Item 1000000000",
        "Item 2, Item x, Item2, Item10, Itemx",
        "1.2, 1.9, 1.10, 2.0, 10.0",
        "2026-01-09, 2026-01-10, 2026-1-11, 2026-02-01, 2026-10-01",
        "#2, #10, -3, -20, 7, 40, :, a",
        "Item ٢, Item １０, Item ९९, Item 100",
        "Äpfel, apple, banana, éclair, Zebra",
        "COEUR 1, cœur 2, Coeur 3",
        "Straße 1, Strasse 2, STRASSE 10",
        "a 999999999999999999999999, a 1000000000000000000000000, a b",
        "日 1, 日 10, 本, 🦉 2, 🦉 10",
        "1, 2 a, 2 b, 3, a",
      })
  void titlesAreInNaturalOrder(String titles) {
    List<String> sorted = List.of(titles.split(", "));
    List<String> keys = sorted.stream().map(SearchText::titleKey).toList();
    for (int i = 1; i < keys.size(); i++) {
      assertTrue(
          compare(keys.get(i - 1), keys.get(i)) < 0, sorted.get(i - 1) + " < " + sorted.get(i));
    }
  }

  @Test
  void numbersOfAnyLengthCompareAsNumbers() {
    String previous = "";
    for (int digits = 1; digits <= 80; digits++) {
      String least = SearchText.titleKey("1" + "0".repeat(digits - 1) + " z");
      String greatest = SearchText.titleKey("9".repeat(digits) + " a");
      assertTrue(compare(previous, least) < 0, digits + " digits");
      assertTrue(compare(least, greatest) < 0, digits + " digits");
      previous = greatest;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Item 2, item 02",
    "Item 0, Item 000",
    "Item ２, Item 2",
    "Item ٣, Item 3",
    "Straße 7, STRASSE 007",
    "don’t, don't",
  })
  void titlesThatFoldEquallyHaveOneKey(String title, String other) {
    assertEquals(SearchText.titleKey(title), SearchText.titleKey(other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "🦉", "1", "ﷺ", "1🦉"})
  void aSortKeyHasAtMost100CodePoints(String part) {
    String key = SearchText.titleKey(part.repeat(255 / part.codePointCount(0, part.length())));

    assertEquals(100, key.codePointCount(0, key.length()));
    assertFalse(Character.isHighSurrogate(key.charAt(key.length() - 1)));
    assertEquals("ab", SearchText.titleKey("ab"));
  }

  private static boolean finds(String q, String title) {
    return matches(SearchText.patterns(q), SearchText.of(title, null, List.of()));
  }

  /** LIKE, for patterns that begin and end with a wildcard and have no other. */
  private static boolean matches(List<String> patterns, String text) {
    return patterns.stream()
        .map(pattern -> pattern.substring(1, pattern.length() - 1).replaceAll("!(.)", "$1"))
        .allMatch(text::contains);
  }

  /** The order of PostgreSQL's collation C. */
  private static int compare(String one, String other) {
    return Arrays.compare(one.codePoints().toArray(), other.codePoints().toArray());
  }
}
