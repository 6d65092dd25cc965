package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ExtractableResponse;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The search for words, the order by title, and titles that are made from descriptions. */
@QuarkusTest
class TaskSearchContract {

  /** The texts that show nothing, each alone. */
  private static final int[] INVISIBLE = {
    0x3164,
    0x115F,
    0x1160,
    0xFFA0, // fillers of Hangul
    0x2800, // blank of Braille
    0xFE0F,
    0xFE00,
    0xE0100, // variation selectors
    0x034F, // combining grapheme joiner
    0x180B,
    0x180C,
    0x180D,
    0x180E, // of Mongolian
    0x17B4,
    0x17B5, // inherent vowels of Khmer
    0x0301,
    0x20DD,
    0x05B7,
    0x3099, // combining marks
    0x00AD,
    0x200B,
    0x200D,
    0x200E,
    0x2060,
    0xFEFF,
    0x202E, // format characters
    0xE0041, // a tag
    ' ',
    '\t',
    0xA0,
    0x2003,
    0x3000,
    0x2028 // white space
  };

  /** Unicode's property White_Space. */
  private static final int[] WHITE_SPACE = {
    '\t', '\n', 0x0B, '\f', '\r', ' ', 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
    0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000
  };

  final User alice = User.fresh();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // title           | q
        // as people reported
        "FUẞBALL           | fußball",
        "FUẞBALL           | fussball",
        "أحمد              | احمد",
        "مُحَمَّد              | محمد",
        "שָׁלוֹם             | שלום",
        "don’t             | don't",
        "cœur              | coeur",
        "Buy oat milk      | milk oat",
        "❤️ you             | ❤",
        "❤ you             | ❤️",
        // letters
        "Straße            | STRASSE",
        "STRASSE           | straße",
        "ŒUVRE             | oeuvre",
        "Ægir              | aegir",
        "aegir             | Æ",
        "smørrebrød        | SMORREBROD",
        "Łódź              | lodz",
        "Đà Nẵng           | da nang",
        "Crème brûlée      | creme BRULEE",
        "ΟΔΟΣ              | οδος",
        "İstanbul          | istanbul",
        "ısı               | ISI",
        "ﬁnish             | FINISH",
        "１２３               | 123",
        // apostrophes
        "don't             | don’t",
        "donʼt             | don‘t",
        // Arabic and Hebrew
        "احمد              | أحمد",
        "إيمان             | ايمان",
        "آمال              | امال",
        "محمـــد           | محمد",
        "محمد              | مُحَمَّد",
        "שלום              | שָׁלוֹם",
        // combining marks of each block
        "a\u0301b          | ab",
        "a\u1ab0b          | ab",
        "a\u1dc0b          | ab",
        "a\u20e3b          | ab",
        "a\ufe20b          | ab",
        // invisible characters
        "soft\u00adhyphen  | softhyphen",
        "soft-hyphen       | soft\u200b-hy\u200dphen",
        "left\u200eright\u200f | leftright",
        "word\u2060joiner\ufeff | wordjoiner",
        // kana, Thai, Devanagari and Hangul
        "がっこう              | がっこう",
        "ｶﾞｯｺｳ             | ガッコウ",
        "กินข้าว             | ข้าว",
        "किताब             | ताब",
        "한국어               | 국",
        "日本語               | 本",
        "🦉 owl             | 🦉",
      })
  void aTitleIsFoundByAnotherSpelling(String title, String q) {
    alice.has(title);
    alice.has("Other");

    assertEquals(List.of(title), found(q));
    alice.put(idOf(title), Map.of("title", "Else", "description", title)).statusCode(200);
    assertEquals(List.of("Else"), found(q));
    alice.post(Map.of("title", "Tagged", "tags", List.of("first", title))).statusCode(201);
    assertEquals(List.of("Tagged", "Else"), found(q));
  }

  /** Signs that are letters of their script stay. */
  @ParameterizedTest
  @CsvSource({
    "किताब, कताब",
    "कि, की",
    "क्ष, कष",
    "が, か",
    "か, が",
    "ぱ, は",
    "กิน, กน",
    "ข้าว, ขาว",
    "oeuvre, ouvre",
    "dont, don't",
    "a, ä b",
    "ss, sß s"
  })
  void otherLettersAreNotFound(String title, String q) {
    alice.has(title);

    assertEquals(List.of(), found(q));
  }

  @Test
  void allWordsMustBeFoundInAnyFieldAndOrder() {
    alice.post(
        Map.of(
            "title", "Buy oat milk", "description", "Two litres", "tags", List.of("Shop", "a b")));
    alice.post(Map.of("title", "Oats", "description", "Two"));

    assertEquals(List.of("Buy oat milk"), found("milk oat"));
    assertEquals(List.of("Buy oat milk"), found("shop TWO oat"));
    assertEquals(List.of("Buy oat milk"), found("litres buy"));
    assertEquals(List.of("Buy oat milk"), found("ilk uy"));
    assertEquals(List.of("Buy oat milk"), found("b a b a b"));
    assertEquals(List.of("Oats", "Buy oat milk"), found("two oat"));
    assertEquals(List.of(), found("milk oats"));
    assertEquals(List.of(), found("milk nothing"));
  }

  @Test
  void quotedTextIsOnePhrase() {
    alice.post(
        Map.of(
            "title",
            "Buy oat  milk",
            "description",
            "5\" nails\nof steel",
            "tags",
            List.of("to do", "later")));

    for (String q :
        List.of(
            "\"oat milk\"",
            "\"OAT\u00a0MILK\"",
            "\"at mil\"",
            "\"oat milk", // typed so far
            "buy \"oat milk\"",
            "\"oat milk\"buy",
            "later \"to do\" \"nails of\"",
            "5\"")) { // a quote within a word is a character
      assertEquals(List.of("Buy oat  milk"), found(q), q);
    }
    for (String q :
        List.of(
            "\"milk oat\"",
            "\"buy milk\"",
            "\"milk 5\"",
            "\"do later\"",
            "\"steel to\"",
            "buy\"")) {
      assertEquals(List.of(), found(q), q);
    }
  }

  @Test
  void everyWhiteSpaceSeparatesWords() {
    for (int space : WHITE_SPACE) {
      User user = User.fresh();
      String between = Character.toString(space);
      user.post(Map.of("title", "oat" + between + between + "milk"));
      user.post(Map.of("title", "oatmilk"));

      assertEquals(1, found(user, "\"oat milk\"").size(), Integer.toHexString(space));
      assertEquals(2, found(user, "milk" + between + "oat").size(), Integer.toHexString(space));
      assertEquals(1, found(user, "\"oat" + between + "milk\"").size(), Integer.toHexString(space));
    }
  }

  /** A search box that was emptied. */
  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t", "\u00a0", "\u3000 ", "\"\"", "\" \"", "\""})
  void anEmptySearchIsNoFilter(String q) {
    alice.has("a");
    alice.has("b");

    alice
        .roughRequest()
        .queryParam("q", q)
        .queryParam("count", true)
        .queryParam("limit", 1)
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .header("Total-Count", equalTo("2"))
        .body("title", contains("b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\u0301", "\u200b", "\u00ad", "\ufe0f", "\u3164", "\u0640", "\" \u0301\""})
  void aSearchForNothingVisibleIs400(String q) {
    alice
        .roughRequest()
        .queryParam("q", q)
        .get(User.TASKS)
        .then()
        .statusCode(400)
        .body("errors.field", contains("q"))
        .body(
            "errors.message",
            contains("must be at most 100 characters, and empty or with a visible one"));
  }

  @Test
  void manyWordsAreAllowedUpToTheLimit() {
    alice.has("abcdefghijklmnopqrstuvwxyz");
    String words =
        "a b c d e f g h i j k l m n o p q r s t u v w x y z ".repeat(2).substring(0, 100);

    assertEquals(1, found(words).size());
    alice.roughRequest().queryParam("q", words + "a").get(User.TASKS).then().statusCode(400);
  }

  @Test
  void titlesAreInNaturalOrder() {
    List<String> sorted =
        List.of(
            "#2",
            "1",
            "1.2",
            "1.10",
            "2",
            "9",
            "10",
            "100",
            "99999999999999999999",
            "100000000000000000000",
            "Äpfel",
            "apple",
            "Cœur 2",
            "coeur 10",
            "COEUR 11",
            "FUẞBALL",
            "Fussball 2",
            "item",
            "Item 1",
            "item 2",
            "Item 2b",
            "Item 002c",
            "ITEM 10",
            "item 10 a 2",
            "item 10 a 10",
            "items",
            "v1.2.9",
            "v1.2.10",
            "v1.10.1",
            "Zebra",
            "日本 2",
            "日本 10");
    List<String> shuffled = new ArrayList<>(sorted);
    Collections.shuffle(shuffled, new Random(42));
    shuffled.forEach(alice::has);

    assertEquals(sorted, titlesOfAllPages("?limit=5&sort=title"));
    List<String> reversed = new ArrayList<>(sorted);
    Collections.reverse(reversed);
    assertEquals(reversed, titlesOfAllPages("?limit=7&sort=-title"));
  }

  @Test
  void equalNumbersAreSortedById() {
    Stream.of("item 7", "Item 007", "ITEM ７", "item ٧", "item 07").forEach(alice::has);

    alice
        .list("?sort=title")
        .body("title", contains("item 7", "Item 007", "ITEM ７", "item ٧", "item 07"));
  }

  static IntStream invisible() {
    return IntStream.of(INVISIBLE);
  }

  @ParameterizedTest
  @MethodSource("invisible")
  void aTitleOrTagThatShowsNothingIs400(int character) {
    long id = alice.has("Buy milk");
    String text = Character.toString(character);
    for (String invisible : List.of(text, text.repeat(3), " " + text + "\u200b")) {
      String title = new JsonObject().put("title", invisible).encode();
      String tags = new JsonObject().put("tags", List.of("a", invisible)).encode();
      alice.postText(title).statusCode(400).body("errors.message", contains("must not be blank"));
      alice.putText(id, title).statusCode(400).body("errors.field", contains("title"));
      alice.patch(id, title).statusCode(400).body("errors.field", contains("title"));
      alice.postText(tags).statusCode(400).body("errors.field", contains("tags"));
      alice.putText(id, tags).statusCode(400).body("errors.field", contains("tags"));
      alice.patch(id, tags).statusCode(400).body("errors.field", contains("tags"));
    }
    alice.get(id).body("version", equalTo(1));

    String visible = text + "x" + text;
    alice
        .post(Map.of("title", visible, "tags", List.of(visible)))
        .statusCode(201)
        .body("title", equalTo(visible));
    alice
        .post(Map.of("description", text.repeat(3)))
        .statusCode(201)
        .body("title", equalTo("Untitled task"));
  }

  @ParameterizedTest
  @MethodSource("descriptions")
  void aGeneratedTitleIsCutBetweenCharactersThatPeopleSee(String description, String title) {
    alice
        .post(Map.of("description", description))
        .statusCode(201)
        .body("title", equalTo(title))
        .body("description", equalTo(description));
    assertEquals(List.of(title), alice.list("").extract().path("title"));
  }

  static Stream<Arguments> descriptions() {
    String flag = "🇩🇪";
    String family = "👨‍👩‍👧"; // 5 code points
    String x30 = "x".repeat(30);
    return Stream.of(
        Arguments.of("Call Ann", "Call Ann"),
        Arguments.of("x".repeat(50), "x".repeat(50)),
        Arguments.of("x".repeat(51), "x".repeat(49) + "…"),
        Arguments.of(x30 + " " + "y".repeat(40), x30 + "…"),
        Arguments.of(
            "x".repeat(29) + " " + "y".repeat(40), "x".repeat(29) + " " + "y".repeat(19) + "…"),
        Arguments.of(flag.repeat(40), flag.repeat(24) + "…"),
        Arguments.of("a" + flag.repeat(40), "a" + flag.repeat(24) + "…"),
        Arguments.of(family.repeat(20), family.repeat(9) + "…"),
        Arguments.of("e\u0301".repeat(60), "e\u0301".repeat(24) + "…"),
        Arguments.of("한국어".repeat(30), "한국어".repeat(16) + "한…"),
        Arguments.of("\u202eabc", "abc"),
        Arguments.of("\u2067abc\u2069 d", "\u2067abc\u2069 d"),
        Arguments.of("\u202b" + "x".repeat(60) + "\u202c", "x".repeat(49) + "…"),
        Arguments.of("\u2066a\u202cb\u2069", "ab"),
        Arguments.of(" \ufeff two\n\tlines\u2028here ", "two lines here"));
  }

  /**
   * The columns are compared after each request, so a request that changes a text and leaves the
   * columns as they were is found.
   */
  @Test
  void noWayOfWritingLeavesTheColumnsStale() throws SQLException {
    long id = alice.has("FUẞBALL 7");
    Map<String, Runnable> ways = new LinkedHashMap<>();
    ways.put("create", () -> alice.has("Œuvre 12"));
    ways.put(
        "create with all texts",
        () -> alice.post(Map.of("title", "É 1", "description", "Ø", "tags", List.of("Ł", "ß"))));
    ways.put(
        "create without a title", () -> alice.post(Map.of("description", "Éclair 10 ".repeat(9))));
    ways.put("create without a text", () -> alice.post(Map.of()));
    ways.put("create with a key", () -> send("POST", "", "{\"title\": \"Ç 3\"}", "k1"));
    ways.put("put a title", () -> alice.put(id, Map.of("title", "Ärger 8")));
    ways.put("put a description", () -> alice.put(id, Map.of("description", "İstanbul")));
    ways.put("put tags", () -> alice.put(id, Map.of("tags", List.of("Łódź", "a b"))));
    ways.put("put other fields", () -> alice.put(id, Map.of("priority", "low", "completed", true)));
    ways.put("put a title of another case", () -> alice.put(id, Map.of("title", "ÄRGER 8")));
    ways.put("put another number", () -> alice.put(id, Map.of("title", "ÄRGER 800")));
    ways.put("put the same", () -> alice.put(id, Map.of("title", "ÄRGER 800")));
    ways.put("put other tags", () -> alice.put(id, Map.of("tags", List.of("a b", "Łódź"))));
    ways.put(
        "put all",
        () -> alice.put(id, Map.of("title", "a", "description", "b", "tags", List.of("c"))));
    ways.put("patch a title", () -> alice.patch(id, "{\"title\": \"Ö 9\"}"));
    ways.put("patch a description", () -> alice.patch(id, "{\"description\": \"Straße\"}"));
    ways.put("patch tags", () -> alice.patch(id, "{\"tags\": [\"Ü\"]}"));
    ways.put("patch with a key", () -> send("PATCH", "/" + id, "{\"title\": \"Ö 19\"}", "k2"));
    ways.put("clear the tags", () -> alice.patch(id, "{\"tags\": []}"));
    ways.put("clear the description", () -> alice.patch(id, "{\"description\": null}"));
    ways.put("flip", () -> alice.flip(id));
    ways.put(
        "complete", () -> send("PATCH", "/" + id + "/complete", "{\"completed\": true}", null));
    ways.put("delete", () -> alice.delete(id));
    ways.put("restore", () -> alice.request().post(User.TASKS + "/{id}/restore", id));
    ways.put(
        "alias",
        () ->
            alice
                .authorized()
                .contentType("application/json")
                .body("{\"title\": \"Æ 4\"}")
                .put("/api/tasks/" + id));
    try (Connection connection = TestDatabase.connect()) {
      ways.forEach(
          (name, way) -> {
            way.run();
            assertCurrent(connection, name);
          });
      assertEquals(List.of("Æ 4"), found("ae 4"));

      Stream<CompletableFuture<Void>> parallel =
          IntStream.range(0, 30)
              .mapToObj(
                  i ->
                      CompletableFuture.runAsync(
                          () ->
                              send(
                                  "PATCH",
                                  "/" + id,
                                  List.of(
                                          "{\"title\": \"Ä %d\"}",
                                          "{\"description\": \"É %d\"}", "{\"tags\": [\"Ø %d\"]}")
                                      .get(i % 3)
                                      .formatted(i),
                                  null)));
      parallel.toList().forEach(CompletableFuture::join);
      assertCurrent(connection, "in parallel");
    }
  }

  private void assertCurrent(Connection connection, String way) {
    try {
      int tasks = SearchColumns.assertCurrent(connection, "user_id = '" + alice.name() + "'");
      assertTrue(tasks > 0, way);
    } catch (SQLException e) {
      throw new AssertionError(way, e);
    }
  }

  private void send(String method, String path, String body, String key) {
    RequestSpecification request =
        alice
            .authorized()
            .contentType(
                method.equals("PATCH") && !path.endsWith("complete")
                    ? "application/merge-patch+json"
                    : "application/json")
            .body(body.getBytes(StandardCharsets.UTF_8));
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    int status = request.request(method, User.TASKS + path).statusCode();
    assertTrue(status < 300, method + " " + path + " " + status);
  }

  private List<String> found(String q) {
    return found(alice, q);
  }

  private static List<String> found(User user, String q) {
    return user.request()
        .queryParam("q", q)
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .extract()
        .path("title");
  }

  private long idOf(String title) {
    return alice.list("").extract().jsonPath().<Map<String, Object>>getList("").stream()
        .filter(task -> task.get("title").equals(title))
        .mapToLong(task -> ((Number) task.get("id")).longValue())
        .findFirst()
        .orElseThrow();
  }

  private List<String> titlesOfAllPages(String query) {
    List<String> titles = new ArrayList<>();
    String url = User.TASKS + query;
    while (url != null) {
      ExtractableResponse<Response> page =
          alice.request().urlEncodingEnabled(false).get(url).then().statusCode(200).extract();
      titles.addAll(page.path("title"));
      String link = page.header("Link");
      url = link == null ? null : link.replaceAll("<(.*)>; rel=\"next\"", "$1");
    }
    return titles;
  }
}
