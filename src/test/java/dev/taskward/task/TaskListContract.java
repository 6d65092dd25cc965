package dev.taskward.task;

import static java.util.stream.Collectors.joining;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ExtractableResponse;
import io.restassured.response.Response;
import java.net.URI;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class TaskListContract {

  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; rel=\"next\"");

  final User alice = User.fresh();

  @Test
  void aUserWithoutTasksGetsAnEmptyList() {
    alice.list("").statusCode(200).header("Link", nullValue()).body("$", empty());
  }

  @Test
  void theNewestTaskComesFirst() {
    createTitled("a", "b", "c");

    alice.list("").statusCode(200).body("title", contains("c", "b", "a"));
  }

  @Test
  void tasksAreFilteredByCompleted() {
    createTitled("a", "b", "c");
    alice.flip(idOf("b")).statusCode(200);

    alice.list("?completed=true").body("title", contains("b"));
    alice.list("?completed=false").body("title", contains("c", "a"));
  }

  @Test
  void linkLeadsThroughAllPagesAndTheLastPageHasNone() {
    createTitled("a", "b", "c", "d", "e");

    assertEquals(List.of("e", "d", "c", "b", "a"), titlesOfAllPages("?limit=2", () -> {}));
    assertEquals(List.of("e", "d", "c", "b", "a"), titlesOfAllPages("?limit=5", () -> {}));
  }

  @Test
  void linkKeepsTheFilter() {
    createTitled("a", "b", "c", "d");
    alice.flip(idOf("c")).statusCode(200);

    assertEquals(List.of("d", "b", "a"), titlesOfAllPages("?completed=false&limit=1", () -> {}));
  }

  @Test
  void pagesAreStableUnderInserts() {
    createTitled("a", "b", "c", "d", "e", "f");

    // A task is created between any two pages.
    List<String> titles =
        titlesOfAllPages(
            "?limit=2",
            () -> {
              alice.has("new");
            });

    assertEquals(List.of("f", "e", "d", "c", "b", "a"), titles);
  }

  @Test
  void aPageHasAHundredTasksByDefault() {
    for (int i = 0; i < 101; i++) {
      alice.has("task " + i);
    }

    alice.list("").body("$", hasSize(100));
    alice.list("?limit=1000").body("$", hasSize(101)).header("Link", nullValue());
  }

  @ParameterizedTest
  @CsvSource({
    "completed, completed=yes",
    "completed, completed=TRUE",
    "completed, completed=1",
    "completed, completed=",
    "completed, completed=true&completed=false",
    "limit, limit=0",
    "limit, limit=-1",
    "limit, limit=1001",
    "limit, limit=01",
    "limit, limit=%2B1",
    "limit, limit=ten",
    "limit, limit=1.5",
    "limit, limit=",
    "limit, limit=99999999999999999999",
    "limit, limit=1&limit=1",
    "cursor, cursor=",
    "cursor, cursor=2",
    "cursor, cursor=!!!",
    "cursor, cursor=AAAAAAAAAAAAAAAAAAAAAAAA",
    "deleted, deleted=yes",
    "deleted, deleted=",
    "q, q=%00a",
    "q, q=%ff",
    "q, q=a%c0%80",
    "q, q=%CC%81",
    "q, q=%C2%B4",
    "q, q=a&q=b",
    "created_since, created_since=",
    "created_since, created_since=yesterday",
    "created_since, created_since=2026-01-13",
    "created_since, created_since=2026-01-13T10:00:00",
    "created_since, created_since=2026-13-01T00:00:00Z",
    "created_since, created_since=2026-02-30T00:00:00Z",
    "created_since, created_since=2026-01-13T10:00:00+02:00",
    "created_since, created_since=2026-01-13T10:00:00%2B19:00",
    "created_since, created_since=2026-01-13T10:00:00.Z",
    "created_since, created_since=2026-01-13T10:00:00123Z",
    "created_since, created_since=2026-01-13T10:00:00.1234567",
    "created_since, created_since=%2B12026-01-13T10:00:00Z",
    "updated_since, updated_since=0",
    "updated_since, updated_since=2026-01-13t10:00:00z",
    "sort, sort=",
    "sort, sort=id",
    "sort, sort=%2Bcreated_at",
    "sort, sort=TITLE",
    "sort, sort=title%20desc",
    "sort, sort=title&sort=-title",
    "count, count=1",
    "user_id, user_id=mallory",
    "offset, offset=10",
    "sql, sql=%27%20or%201%3D1--",
    "completed, completed=true;limit=1",
    "limit;q, limit;q=1",
    "limit, limit=1&%6cimit=1",
    "cursor, cursor=;limit=1",
  })
  void anInvalidParameterIs400WithItsName(String field, String query) {
    alice
        .roughRequest()
        .urlEncodingEnabled(false)
        .get(User.TASKS + "?" + query)
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("errors.field", contains(field));
  }

  @Test
  void aTooLongSearchTextIsRefused() {
    alice.list("?q=" + "x".repeat(100)).statusCode(200);
    alice.list("?q=" + "🦉".repeat(100)).statusCode(200);
    alice.roughRequest().get(User.TASKS + "?q=" + "x".repeat(101)).then().statusCode(400);
  }

  @Test
  void textIsFoundInTitleAndDescription() {
    alice.post(Map.of("title", "Call Ann", "description", "about the kitchen tap"));
    alice.post(Map.of("title", "Tap dance"));
    alice.post(Map.of("title", "Nothing of it"));

    assertEquals(List.of("Tap dance", "Call Ann"), found("tap"));
    assertEquals(List.of("Call Ann"), found("kitchen  TAP "));
    assertEquals(List.of("Call Ann"), found("itche"));
    assertEquals(List.of("Call Ann"), found("tap kitchen"));
    assertEquals(List.of("Call Ann"), found("about ann"));
    assertEquals(List.of(), found("\"tap kitchen\""));
    assertEquals(List.of(), found("\"Ann about\"")); // end of the title, start of the description
  }

  @ParameterizedTest
  @CsvSource({
    "Crème brûlée, creme BRULEE",
    "Creme brulee, crème",
    "Straße, STRASSE",
    "STRASSE, straße",
    "İstanbul, istanbul",
    "ΟΔΟΣ, οδος",
    "οδός, ΟΔΟΣ",
    "Łódź, lodz",
    "smørrebrød, SMORREBROD",
    "ﬁnish, FINISH",
    "１２３, 123",
    "Cafe\u0301, café",
    "🦉 owl, 🦉",
    "日本語, 本",
  })
  void caseAndAccentsMakeNoDifference(String title, String text) {
    alice.has(title);
    alice.has("Other");

    assertEquals(List.of(title), found(text));
  }

  @Test
  void allPrintableAsciiIsFound() {
    String printable =
        IntStream.rangeClosed('!', '~').mapToObj(Character::toString).collect(joining());
    alice.post(Map.of("title", printable, "description", "one\n\ttwo  three\r\nfour"));

    assertEquals(List.of(printable), found(printable.toLowerCase(Locale.ROOT)));
    assertEquals(List.of(printable), found("One Two Three Four"));
    assertEquals(List.of(printable), found("two\tthree"));
  }

  @Test
  void sqlWildcardsAreLiteralText() {
    createTitled("100% sure", "a_b", "back\\slash", "!bang", "it's", "1000 axb");

    assertEquals(List.of("100% sure"), found("100%"));
    assertEquals(List.of("100% sure"), found("%"));
    assertEquals(List.of("a_b"), found("a_b"));
    assertEquals(List.of("a_b"), found("_"));
    assertEquals(List.of("back\\slash"), found("\\"));
    assertEquals(List.of("back\\slash"), found("k\\s"));
    assertEquals(List.of("!bang"), found("!"));
    assertEquals(List.of("it's"), found("'"));
    assertEquals(List.of(), found("' or '1'='1"));
  }

  @Test
  void aChangedTextIsFoundAndTheOldOneIsNot() {
    long id = alice.has("Buy milk");
    alice.put(id, Map.of("title", "Buy tea", "description", "green"));

    assertEquals(List.of(), found("milk"));
    assertEquals(List.of("Buy tea"), found("GREEN"));
  }

  @Test
  void sinceIncludesTheGivenTime() {
    createTitled("a", "b", "c");
    String created = alice.list("").extract().path("find { it.title == 'b' }.created_at");
    alice.flip(idOf("a"));
    String updated = alice.list("").extract().path("find { it.title == 'a' }.updated_at");

    alice.list("?created_since=" + created).body("title", contains("c", "b"));
    alice.list("?updated_since=" + updated).body("title", contains("a"));
    OffsetDateTime elsewhere =
        OffsetDateTime.parse(created).withOffsetSameInstant(ZoneOffset.ofHours(2));
    alice
        .request()
        .queryParam("created_since", elsewhere.toString()) // 2026-…+02:00
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .body("title", contains("c", "b"));
    for (String edge : List.of("0000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B18:00")) {
      alice
          .roughRequest()
          .urlEncodingEnabled(false)
          .get(User.TASKS + "?created_since=" + edge)
          .then()
          .statusCode(200)
          .body("$", hasSize(3));
    }
    alice.list("?created_since=9999-12-31T23:59:59.999999Z").body("$", empty());
  }

  /** Clients in Java, C# and Go send such times. */
  @ParameterizedTest
  @ValueSource(strings = {"", "0", "9", "999", "999999999999999999"})
  void digitsBeyondMicrosecondsAreIgnored(String digits) {
    createTitled("a", "b", "c");
    String created = alice.list("").extract().path("find { it.title == 'b' }.created_at");
    String finer = created.replace("Z", digits + "Z");

    for (String since : List.of("created_since", "updated_since")) {
      alice
          .roughRequest()
          .get(User.TASKS + "?" + since + "=" + finer)
          .then()
          .body("title", contains("c", "b"));
    }
  }

  @Test
  void onlyAnAmpersandSeparatesParameters() {
    createTitled("milk", "milk;limit=1", "milk;sort=title", "milk&limit=1", "milk+limit");

    for (String path : List.of(User.TASKS, "/api/tasks")) {
      assertEquals(List.of("milk;limit=1"), titlesOfEncoded(path + "?q=milk;limit=1"));
      assertEquals(List.of("milk;limit=1"), titlesOfEncoded(path + "?q=milk%3Blimit=1"));
      assertEquals(List.of("milk&limit=1"), titlesOfEncoded(path + "?q=milk%26limit=1"));
      assertEquals(List.of("milk+limit"), titlesOfEncoded(path + "?q=milk%2Blimit"));
      assertEquals(List.of(), titlesOfEncoded(path + "?q=%22milk+limit%22"));
      assertEquals(
          List.of("milk;sort=title", "milk;limit=1"), titlesOfEncoded(path + "?q=milk;&limit=1&&"));
    }
  }

  /** Titles of all pages. Links are followed without further encoding. */
  private List<String> titlesOfEncoded(String url) {
    List<String> titles = new ArrayList<>();
    for (String next = url; next != null; ) {
      ExtractableResponse<Response> page =
          alice.authorized().urlEncodingEnabled(false).get(next).then().statusCode(200).extract();
      titles.addAll(page.jsonPath().getList("title"));
      next = next(page);
    }
    return titles;
  }

  /** For clients that cannot parse a Link. */
  @Test
  void theNextCursorIsThatOfTheLink() {
    for (int i = 0; i < 5; i++) {
      alice.has("task " + i);
    }
    List<String> titles = new ArrayList<>();
    String cursor = "";
    while (cursor != null) {
      var page = alice.list("?limit=2" + cursor).statusCode(200).extract();
      titles.addAll(page.jsonPath().getList("title"));
      String next = page.header("Next-Cursor");
      assertEquals(next != null, page.header("Link") != null);
      assertTrue(next == null || page.header("Link").contains("cursor=" + next + ">"));
      cursor = next == null ? null : "&cursor=" + next;
    }
    assertEquals(List.of("task 4", "task 3", "task 2", "task 1", "task 0"), titles);
  }

  @Test
  void aFragmentInTheTargetIs400() throws Exception {
    String answer =
        RawHttp.exchange(
            URI.create(RestAssured.baseURI + ":" + RestAssured.port),
            "GET /api/v1/tasks?q=a#b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Authorization: Bearer "
                + Tokens.token(alice.name())
                + "\r\n\r\n");

    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
  }

  @Test
  void everySortWorksInBothDirectionsThroughAllPages() {
    createTitled("banana", "Äpfel", "apple", "Zebra", "éclair", "apple");
    alice.flip(idOf("Zebra"));
    Map<String, List<String>> sorted =
        Map.of(
            "created_at", List.of("banana", "Äpfel", "apple", "Zebra", "éclair", "apple"),
            "updated_at", List.of("banana", "Äpfel", "apple", "éclair", "apple", "Zebra"),
            "title", List.of("Äpfel", "apple", "apple", "banana", "éclair", "Zebra"));

    sorted.forEach(
        (sort, titles) -> {
          List<String> reversed = new ArrayList<>(titles);
          Collections.reverse(reversed);
          for (int limit = 1; limit <= 7; limit += 2) {
            String query = "?limit=" + limit + "&sort=";
            assertEquals(titles, titlesOfAllPages(query + sort, () -> {}), sort);
            assertEquals(reversed, titlesOfAllPages(query + "-" + sort, () -> {}), "-" + sort);
          }
        });
  }

  /** The sort key is cut to 100 characters, for the size of the index. U+FDFA expands to 18. */
  @Test
  void titlesWithTheSameFirst100CharactersAreSortedById() {
    String long250 = "\ufdfa".repeat(250);
    createTitled(long250 + "b", long250 + "a", "🦉".repeat(255));

    assertEquals(
        List.of(long250 + "b", long250 + "a", "🦉".repeat(255)),
        titlesOfAllPages("?sort=title&limit=1", () -> {}));
  }

  @Test
  void theNextLinkKeepsAllParameters() {
    createTitled("100% a+b ü{x} 1", "100% a+b ü{x} 2", "other", "100% a+b ü{x} 3");

    String query = "?q=100%25+a%2Bb+%C3%BC%7Bx%7D&sort=title&count=true&completed=false&limit=1";
    ExtractableResponse<Response> page =
        alice.request().urlEncodingEnabled(false).get(User.TASKS + query).then().extract();
    List<String> titles = new ArrayList<>(page.jsonPath().<String>getList("title"));
    while (next(page) != null) {
      page = alice.request().urlEncodingEnabled(false).get(next(page)).then().extract();
      assertEquals("3", page.header("Total-Count"));
      titles.addAll(page.jsonPath().getList("title"));
    }

    assertEquals(List.of("100% a+b ü{x} 1", "100% a+b ü{x} 2", "100% a+b ü{x} 3"), titles);
  }

  @Test
  void theNextLinkReplacesTheCursorAtAnyPosition() {
    createTitled("a", "b", "c");
    String cursor = cursorOf("?limit=1");

    for (String query :
        List.of(
            "cursor=_&limit=1", "limit=1&cursor=_", "%63ursor=_&limit=1", "limit=1&=cursor=_")) {
      String next =
          next(
              alice
                  .authorized()
                  .urlEncodingEnabled(false)
                  .get(User.TASKS + "?" + query.replace("_", cursor))
                  .then()
                  .body("title", contains("b"))
                  .extract());
      assertTrue(next.matches("http://.+/api/v1/tasks\\?limit=1&cursor=[A-Za-z0-9_-]+"), next);
      alice.list(next.substring(next.indexOf('?'))).body("title", contains("a"));
    }
  }

  @Test
  void theTotalCountIsReturnedOnRequest() {
    createTitled("a", "b", "c");
    alice.flip(idOf("b"));

    alice.list("?count=true&limit=1").header("Total-Count", equalTo("3")).body("$", hasSize(1));
    alice.list("?count=true&completed=true").header("Total-Count", equalTo("1"));
    alice.list("?count=true&q=nothing").header("Total-Count", equalTo("0"));
    alice.list("?count=false").header("Total-Count", nullValue());
    alice.list("").header("Total-Count", nullValue());
  }

  @Test
  void aCursorIsValidOnlyForItsListWithAnyLimit() {
    createTitled("a", "b", "c");
    String cursor = cursorOf("?limit=1&sort=title");

    alice.list("?sort=title&limit=7&cursor=" + cursor).statusCode(200).body("$", hasSize(2));
    alice.list("?sort=title&count=true&cursor=" + cursor).statusCode(200);
    for (String other :
        List.of(
            "",
            "sort=-title&",
            "sort=created_at&",
            "sort=title&completed=false&",
            "sort=title&deleted=true&",
            "sort=title&q=a&",
            "sort=title&created_since=2000-01-01T00:00:00Z&",
            "sort=title&updated_since=2000-01-01T00:00:00Z&")) {
      alice
          .list("?" + other + "cursor=" + cursor)
          .statusCode(400)
          .body("errors.field", contains("cursor"));
    }
    User bob = User.fresh();
    bob.has("b");
    bob.list("?sort=title&cursor=" + cursor)
        .statusCode(400)
        .body("errors.field", contains("cursor"));
  }

  @Test
  void aTruncatedCursorIsRefused() {
    alice.has("Buy milk");
    alice.has("Buy tea");
    String cursor = cursorOf("?limit=1&sort=title");

    alice.list("?sort=title&cursor=" + cursor).statusCode(200);
    alice
        .list("?sort=title&cursor=" + cursor.substring(0, cursor.length() - 4))
        .statusCode(400)
        .body("errors.field", contains("cursor"));
  }

  /** Any bytes after the digest. A client can copy a valid digest from its own cursor. */
  @Test
  void noCursorCausesAServerError() {
    createTitled("a", "b");
    Random random = new Random(42);
    for (String sort : List.of("created_at", "-updated_at", "title")) {
      String query = "?limit=1&sort=" + sort;
      byte[] good = Base64.getUrlDecoder().decode(cursorOf(query));
      for (int i = 0; i < 200; i++) {
        byte[] forged = Arrays.copyOf(good, random.nextInt(good.length + 20));
        for (int j = 12; j < forged.length; j++) {
          if (random.nextInt(3) == 0) {
            forged[j] = (byte) random.nextInt(256);
          }
        }
        String cursor = Base64.getUrlEncoder().withoutPadding().encodeToString(forged);
        int status =
            alice.roughRequest().get(User.TASKS + query + "&cursor=" + cursor).statusCode();
        assertTrue(status == 200 || status == 400, sort + " " + cursor + " " + status);
      }
    }
    for (String cursor : List.of("AAAA", "gAAAAAAAAAAAAAAAAAAAAA", "A".repeat(3000))) {
      alice.list("?cursor=" + cursor).statusCode(400);
    }
  }

  private List<String> found(String text) {
    return alice
        .request()
        .queryParam("q", text)
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .extract()
        .jsonPath()
        .getList("title");
  }

  /** As behind a proxy that changes the host and does not forward it. */
  @Test
  void theQueryOfLinkAloneReadsTheNextPage() {
    createTitled("oat milk", "soy milk", "tea");
    String query = "?q=milk&sort=title&limit=1&count=true";

    ExtractableResponse<Response> page =
        alice.authorized().header("Host", "internal:1").get(User.TASKS + query).then().extract();
    assertEquals(List.of("oat milk"), page.jsonPath().getList("title"));
    String link = page.header("Link");
    assertTrue(link.startsWith("<http://internal:1/"), link);
    alice
        .request()
        .urlEncodingEnabled(false)
        .get(User.TASKS + link.replaceAll("<[^?]*(\\?.*)>; rel=\"next\"", "$1"))
        .then()
        .statusCode(200)
        .header("Total-Count", "2")
        .header("Link", nullValue())
        .body("title", contains("soy milk"));
  }

  /** The cursor of the second page. */
  private String cursorOf(String query) {
    String link = alice.list(query).statusCode(200).extract().header("Link");
    return link.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1");
  }

  private void createTitled(String... titles) {
    for (String title : titles) {
      alice.has(title);
    }
  }

  private long idOf(String title) {
    return alice.list("").extract().jsonPath().getLong("find { it.title == '" + title + "' }.id");
  }

  private List<String> titlesOfAllPages(String query, Runnable betweenPages) {
    List<String> titles = new ArrayList<>();
    ExtractableResponse<Response> page = alice.list(query).statusCode(200).extract();
    titles.addAll(page.jsonPath().getList("title"));
    String next = next(page);
    while (next != null) {
      betweenPages.run();
      page = alice.request().urlEncodingEnabled(false).get(next).then().statusCode(200).extract();
      titles.addAll(page.jsonPath().getList("title"));
      next = next(page);
    }
    return titles;
  }

  private static String next(ExtractableResponse<Response> page) {
    String link = page.header("Link");
    if (link == null) {
      return null;
    }
    Matcher matcher = NEXT.matcher(link);
    assertEquals(true, matcher.matches(), link);
    return matcher.group(1);
  }
}
