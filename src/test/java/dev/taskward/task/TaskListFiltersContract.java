package dev.taskward.task;

import static java.util.stream.Collectors.joining;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ExtractableResponse;
import io.restassured.response.Response;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The filters and orders of the list by due date, priority, tags, position and times. */
@QuarkusTest
class TaskListFiltersContract {

  /** Its clock is the first to have a new day, 26 hours before the last one. */
  private static final ZoneId FIRST = ZoneId.of("Pacific/Kiritimati");

  private static final ZoneId LAST = ZoneId.of("Etc/GMT+12");

  private static final List<String> ORDERS =
      Stream.of(
              "created_at",
              "updated_at",
              "title",
              "due",
              "priority",
              "position",
              "completed_at",
              "deleted_at")
          .flatMap(key -> Stream.of(key, "-" + key))
          .toList();

  final User alice = User.fresh();

  // Due dates

  /** Bounds in UTC. A date counts as its midnight, and a zoned time as its instant. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // due of the task               | in          | not in
        "2026-01-13                      | 2026-01-13  | 2026-01-14",
        "2026-01-13                      | 2026-01-12T23:59:59 | 2026-01-13T00:00:01",
        "2026-01-13T00:00                | 2026-01-13  | 2026-01-13T00:01",
        "2026-01-13T18:00                | 2026-01-13T18:00    | 2026-01-13T18:00:01",
        "2026-01-13T18:00:30             | 2026-01-13T18:00:30 | 2026-01-13T18:00:31",
        "2026-01-13T18:00 Europe/Berlin  | 2026-01-13T17:00    | 2026-01-13T17:00:01",
        "2026-01-13T00:30 Europe/Berlin  | 2026-01-12T23:30    | 2026-01-13",
        "2026-03-29T02:30 Europe/Berlin  | 2026-03-29T01:30    | 2026-03-29T01:30:01",
        "2026-10-25T02:30 Europe/Berlin  | 2026-10-25T00:30    | 2026-10-25T00:30:01",
      })
  void dueFromIncludesItsTimeAndDueBeforeExcludesIt(String due, String in, String notIn) {
    has("a", due.split(" "));

    assertEquals(List.of("a"), titles("due_from=" + in));
    assertEquals(List.of(), titles("due_from=" + notIn));
    assertEquals(List.of(), titles("due_before=" + in));
    assertEquals(List.of("a"), titles("due_before=" + notIn));
    assertEquals(List.of("a"), titles("due_from=" + in + "&due_before=" + notIn));
  }

  /** In the zone of the client: the local times stay, the instants move. */
  @ParameterizedTest
  @CsvSource({
    "Asia/Tokyo, due_from=2026-01-13, date floating midnight zoned",
    "Asia/Tokyo, due_before=2026-01-13, early",
    "Asia/Tokyo, due_from=2026-01-13T00:00:01, floating zoned",
    "Asia/Tokyo, due_before=2026-01-13T00:00:01, date early midnight",
    "America/New_York, due_from=2026-01-13, date floating zoned",
    "America/New_York, due_before=2026-01-13, early midnight",
    "UTC, due_from=2026-01-13, date floating zoned",
    "UTC, due_before=2026-01-13, early midnight"
  })
  void theBoundsAreTimesInTheZoneOfTheClient(String zone, String bound, String titles) {
    has("date", "2026-01-13");
    has("early", "2026-01-12T23:59");
    has("floating", "2026-01-13T12:00");
    has("midnight", "2026-01-13T00:00", "Asia/Tokyo");
    has("zoned", "2026-01-13T12:00", "Europe/Berlin");

    assertEquals(
        List.of(titles.split(" ")), titles(bound + "&sort=title&tz=" + zone.replace("+", "%2B")));
  }

  @Test
  void everyMonthOfACalendarHasItsTasks() {
    has("december", "2025-12-31");
    has("first", "2026-01-01");
    has("last", "2026-01-31T23:59:59");
    has("february", "2026-02-01");
    alice.has("never");

    assertEquals(
        List.of("first", "last"),
        titles("due_from=2026-01-01&due_before=2026-02-01&tz=Europe/Berlin&sort=due"));
    assertEquals(List.of(), titles("due_from=2026-02-01&due_before=2026-01-01"));
  }

  @Test
  void hasDueDividesTheList() {
    has("date", "2026-01-13");
    has("time", "2026-01-13T10:00");
    alice.has("none");

    assertEquals(List.of("time", "date"), titles("has_due=true"));
    assertEquals(List.of("none"), titles("has_due=false"));
    assertEquals(List.of(), titles("has_due=false&due_from=2026-01-01"));
  }

  /** The day in the zone decides: this one is over in the first zone and not in the last. */
  @Test
  void aDateIsOverdueWhenItIsBeforeTodayInTheZone() {
    LocalDate today = LocalDate.ofInstant(Instant.now().plusSeconds(60), LAST);
    has("today", today.toString());
    has("yesterday", today.minusDays(2).toString());
    has("tomorrow", today.plusDays(4).toString());

    assertEquals(List.of("yesterday", "today"), titles(overdue(true, FIRST)));
    assertEquals(List.of("tomorrow"), titles(overdue(false, FIRST)));
    assertEquals(List.of("yesterday"), titles(overdue(true, LAST)));
    assertEquals(List.of("tomorrow", "today"), titles(overdue(false, LAST)));
  }

  @Test
  void aFloatingTimeIsOverdueByTheClockInTheZone() {
    has("past", LocalDateTime.now(LAST).minusHours(1).truncatedTo(ChronoUnit.MINUTES).toString());
    has(
        "between",
        LocalDateTime.now(FIRST).minusHours(1).truncatedTo(ChronoUnit.SECONDS).toString());
    has("future", LocalDateTime.now(FIRST).plusHours(1).truncatedTo(ChronoUnit.MINUTES).toString());

    assertEquals(List.of("between", "past"), titles(overdue(true, FIRST)));
    assertEquals(List.of("past"), titles(overdue(true, LAST)));
    assertEquals(List.of("future", "between"), titles(overdue(false, LAST)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata"})
  void aZonedTimeIsOverdueByItsInstantInEveryZone(String clientsZone) {
    for (ZoneId zone : List.of(FIRST, LAST, ZoneId.of("Europe/Berlin"))) {
      LocalDateTime now = LocalDateTime.now(zone).truncatedTo(ChronoUnit.MINUTES);
      has("past " + zone, now.minusHours(2).toString(), zone.getId());
      has("future " + zone, now.plusHours(2).toString(), zone.getId());
    }

    ZoneId zone = ZoneId.of(clientsZone);
    assertEquals(3, titles(overdue(true, zone)).size());
    assertTrue(titles(overdue(true, zone)).stream().allMatch(title -> title.startsWith("past")));
    assertTrue(titles(overdue(false, zone)).stream().allMatch(title -> title.startsWith("future")));
  }

  @Test
  void aCompletedTaskIsNeverOverdue() {
    has("open", "2020-01-01");
    long id = has("completed", "2020-01-01");
    alice.flip(id).statusCode(200);
    alice.has("none");

    assertEquals(List.of("open"), titles("overdue=true&tz=UTC"));
    assertEquals(List.of("none", "completed"), titles("overdue=false&tz=UTC"));
    assertEquals(List.of(), titles("overdue=true&tz=UTC&completed=true"));
    alice.flip(id).statusCode(200);
    assertEquals(List.of("completed", "open"), titles("overdue=true&tz=UTC"));
  }

  @Test
  void aDateIsTheSameForEveryReader() {
    String today = LocalDate.now(ZoneId.of("Pacific/Auckland")).toString();
    has("a", today);

    for (String zone : List.of("Pacific/Auckland", "Pacific/Honolulu")) {
      alice.list("?has_due=true&tz=" + zone).body("due", contains(today));
      alice.list("?due_from=" + today + "&tz=" + zone).body("due", contains(today));
    }
    LocalDate yesterday = LocalDate.parse(today).minusDays(1);
    boolean isPastInHonolulu = yesterday.isBefore(LocalDate.now(ZoneId.of("Pacific/Honolulu")));
    User bob = User.fresh();
    bob.has(Map.of("title", "b", "due", yesterday.toString()));
    bob.list("?overdue=true&tz=Pacific/Auckland").body("title", contains("b"));
    bob.list("?overdue=" + isPastInHonolulu + "&tz=Pacific/Honolulu").body("title", contains("b"));
  }

  // The other filters

  @Test
  void allRepeatedTagsMustMatchExactly() {
    tagged("both", "home", "café");
    tagged("home", "home");
    tagged("Home", "Home");
    tagged("homely", "homely", "a home");
    alice.has("none");

    assertEquals(List.of("home", "both"), tag("home"));
    assertEquals(List.of("Home"), tag("Home"));
    assertEquals(List.of("both"), tag("home", "café"));
    assertEquals(List.of("both"), tag("cafe\u0301", "home", "home"));
    assertEquals(List.of(), tag("cafe"));
    assertEquals(List.of(), tag("home", "Home"));
    assertEquals(List.of(), tag("ome"));
    assertEquals(List.of(), tag("%"));
    assertEquals(List.of(), tag("{home}"));
    assertEquals(List.of("homely"), tag("a home"));
  }

  @Test
  void specialCharactersInATagAreLiteral() {
    String tag = " \"a,b\\c'{}%_&+;=#?é🦉 ";
    tagged("special", tag);
    tagged("other", "a", "b\\c'", "NULL");

    assertEquals(List.of("special"), tag(tag));
    assertEquals(List.of("other"), tag("b\\c'"));
    assertEquals(List.of("other"), tag("NULL", "a"));
    assertEquals(List.of(), tag(tag.strip()));
    assertEquals(List.of(), tag("' or true --"));
  }

  @Test
  void tasksWithALowerPriorityOrNoneAreFilteredOut() {
    alice.has("none");
    for (String priority : List.of("low", "urgent", "normal", "high")) {
      alice.has(Map.of("title", priority, "priority", priority));
    }

    assertEquals(List.of("high", "normal", "urgent", "low"), titles("min_priority=low"));
    assertEquals(List.of("high", "normal", "urgent"), titles("min_priority=normal"));
    assertEquals(List.of("high", "urgent"), titles("min_priority=high"));
    assertEquals(List.of("urgent"), titles("min_priority=urgent"));
  }

  @Test
  void completedSinceIncludesItsTime() {
    alice.has("open");
    for (String title : List.of("a", "b", "c")) {
      alice.flip(alice.has(title)).statusCode(200);
    }
    String time = alice.list("").extract().path("find { it.title == 'b' }.completed_at");

    assertEquals(List.of("c", "b"), titles("completed_since=" + time));
    assertEquals(List.of("c", "b", "a"), titles("completed_since=2000-01-01T00:00:00Z"));
    assertEquals(List.of(), titles("completed_since=9999-12-31T23:59:59Z"));
    alice.list("?completed_since=2000-01-01T00:00:00Z&completed=false").body("$", empty());
  }

  @Test
  void allFiltersCombine() {
    String found = "all";
    alice
        .post(
            Map.of(
                "title",
                found,
                "due",
                "2026-01-13T10:00",
                "due_zone",
                "Asia/Tokyo",
                "priority",
                "high",
                "tags",
                List.of("x", "y"),
                "completed",
                true))
        .statusCode(201);
    Map<String, Object> all =
        new HashMap<>(
            Map.of(
                "title", "all but one",
                "due", "2026-01-13T10:00",
                "due_zone", "Asia/Tokyo",
                "priority", "high",
                "tags", List.of("x", "y"),
                "completed", true));
    for (Map<String, Object> other :
        List.of(
            Map.<String, Object>of("title", "other"),
            Map.<String, Object>of("due", "2026-01-14T00:00"),
            Map.<String, Object>of("priority", "normal"),
            Map.<String, Object>of("tags", List.of("x")),
            Map.<String, Object>of("completed", false))) {
      Map<String, Object> task = new HashMap<>(all);
      task.putAll(other);
      alice.has(task);
    }
    String filters =
        "q=all&due_from=2026-01-13&due_before=2026-01-14&tz=Asia/Tokyo&overdue=false&has_due=true"
            + "&min_priority=high&tag=x&tag=y&completed_since=2026-01-01T00:00:00Z&completed=true"
            + "&created_since=2026-01-01T00:00:00Z&updated_since=2026-01-01T00:00:00Z";

    assertEquals(List.of(found), titles(filters));
    for (String order : ORDERS) {
      alice
          .list("?" + filters + "&count=true&limit=1&deleted=false&sort=" + order)
          .statusCode(200)
          .header("Total-Count", equalTo("1"))
          .body("title", contains(found));
    }
    alice.list("?" + filters + "&deleted=true").body("$", empty());
  }

  @Test
  void filtersApplyToDeletedTasks() {
    long id = has("deleted", "2020-01-01");
    has("living", "2020-01-01");
    alice.delete(id).statusCode(204);

    assertEquals(List.of("deleted"), titles("overdue=true&tz=UTC&deleted=true"));
    assertEquals(List.of("living"), titles("overdue=true&tz=UTC"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "due_from        | due_from=",
        "due_from        | due_from=today",
        "due_from        | due_from=2026-02-30",
        "due_from        | due_from=2026-1-3",
        "due_from        | due_from=2026-01-13%2010:00",
        "due_from        | due_from=2026-01-13T10:00Z",
        "due_from        | due_from=2026-01-13T10:00:00%2B01:00",
        "due_from        | due_from=2026-01-13&due_from=2026-01-13",
        "due_from        | due_from=%00",
        "due_before      | due_before=",
        "due_before      | due_before=0000-01-01",
        "due_before      | due_before=10000-01-01",
        "due_before      | due_before=2026-01-13T24:00",
        "tz              | due_before=2026-01-13&tz=",
        "tz              | due_before=2026-01-13&tz=Mars/Olympus",
        "tz              | tz=%2B01:00",
        "tz              | tz=europe/berlin",
        "tz              | tz=UTC&tz=UTC",
        "tz              | overdue=true",
        "tz              | overdue=false",
        "overdue         | overdue=1&tz=UTC",
        "overdue         | overdue=&tz=UTC",
        "overdue         | overdue=TRUE&tz=UTC",
        "has_due         | has_due=yes",
        "has_due         | has_due=",
        "min_priority    | min_priority=",
        "min_priority    | min_priority=HIGH",
        "min_priority    | min_priority=3",
        "min_priority    | min_priority=low&min_priority=high",
        "tag             | tag=",
        "tag             | tag=a&tag=",
        "tag             | tag=%00",
        "tag             | tag=%ff",
        "tag             | tag=%ed%a0%80",
        "completed_since | completed_since=",
        "completed_since | completed_since=2026-01-13",
        "completed_since | completed_since=2026-01-13T10:00:00",
        "completed_since | completed_since=2026-02-30T10:00:00Z",
        "sort            | sort=tags",
        "sort            | sort=due_zone",
        "sort            | sort=due_key",
        "sort            | sort=title_key",
        "sort            | sort=metadata",
        "sort            | sort=-",
        "sort            | sort=--due",
        "sort            | sort=due,priority",
        "due             | due=2026-01-13",
        "priority        | priority=high",
        "due_zone        | due_zone=UTC",
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
  void theErrorSaysWhatToSend() {
    assertEquals("must have no offset; send the zone in tz", error("due_from=2026-01-13T10:00Z"));
    assertEquals("is required with overdue", error("overdue=true"));
    assertEquals("must be an IANA time zone like Europe/Berlin", error("tz=Berlin"));
    assertEquals("must be low, normal, high or urgent", error("min_priority=x"));
    assertEquals("must be given at most 20 times", error("tag=a&".repeat(21)));
    assertEquals(
        "must be one of created_at, updated_at, title, due, priority, position, completed_at,"
            + " deleted_at, with - in front for descending",
        error("sort=x"));
    assertEquals(List.of(), titles("tag=a&".repeat(20)));
  }

  private String error(String query) {
    return alice
        .roughRequest()
        .get(User.TASKS + "?" + query)
        .then()
        .statusCode(400)
        .extract()
        .path("errors[0].message");
  }

  // Orders and pages

  /** Tasks that have every key, some twice, and two that have none. */
  private void createTasksToSort() {
    String[][] tasks = {
      // title, due, zone, priority, position
      {"a", "2026-01-13", null, "low", "a1"},
      {"b", null, null, null, null},
      {"c", "2026-01-13T00:30", "Europe/Berlin", "urgent", "Zz"},
      {"d", "2026-01-13", null, "high", "a0V"},
      {"e", "2026-01-12T23:45", null, "low", "a1"},
      {"f", null, null, null, null},
      {"g", "2026-01-12T18:00", "America/New_York", "normal", "0"},
    };
    for (String[] task : tasks) {
      Map<String, Object> body = new HashMap<>();
      body.put("title", task[0]);
      body.put("due", task[1]);
      body.put("due_zone", task[2]);
      body.put("priority", task[3]);
      body.put("position", task[4]);
      alice.has(body);
    }
    for (String title : List.of("d", "a", "g")) {
      alice.flip(idOf(title)).statusCode(200);
    }
  }

  /** Without a key, a task comes last in both directions. Equal keys are sorted by id. */
  @ParameterizedTest
  @CsvSource({
    "due, g c e a d b f", // 23:00, 23:30, 23:45, 00:00
    "-due, d a e c g f b",
    "priority, a e g d c b f",
    "-priority, c d g e a f b",
    "position, g c d a e b f",
    "-position, e a d c g f b",
    "completed_at, d a g b c e f",
    "-completed_at, g a d f e c b",
    "deleted_at, a b c d e f g",
    "-deleted_at, g f e d c b a",
    "created_at, a b c d e f g",
    "updated_at, b c e f d a g",
    "-title, g f e d c b a"
  })
  void everyOrderLeadsThroughAllPages(String order, String titles) {
    createTasksToSort();

    for (int limit : List.of(1, 2, 7)) {
      assertEquals(titles, titlesOfAllPages("sort=" + order + "&limit=" + limit, () -> {}));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "deleted_at, c a b",
    "-deleted_at, b a c",
    "-created_at, c b a",
    "completed_at, b c a"
  })
  void deletedTasksAreSortedToo(String order, String titles) {
    for (String title : List.of("a", "b", "c")) {
      alice.has(title);
    }
    alice.flip(idOf("b")).statusCode(200);
    alice.flip(idOf("c")).statusCode(200);
    for (String title : List.of("c", "a", "b")) {
      alice.delete(idOf(title)).statusCode(204);
    }

    assertEquals(titles, titlesOfAllPages("deleted=true&limit=1&sort=" + order, () -> {}));
  }

  @ParameterizedTest
  @CsvSource({
    "sort=due&has_due=true, g c e a d",
    "sort=-due&has_due=true, d a e c g",
    "sort=due&due_from=2026-01-12T23:15, c e a d",
    "sort=-due&due_before=2026-01-13, e c g",
    "sort=due&has_due=false, b f",
    "sort=-due&overdue=true&tz=UTC, e c",
    "sort=due&min_priority=normal, g c d",
    "sort=-priority&completed=false, c e f b",
    "sort=priority&completed=true&due_from=2026-01-13, a d",
    "sort=-completed_at&completed_since=2000-01-01T00:00:00Z, g a d"
  })
  void everyOrderLeadsThroughTheFilteredPages(String query, String titles) {
    createTasksToSort();

    for (int limit : List.of(1, 2, 7)) {
      assertEquals(titles, titlesOfAllPages(query + "&limit=" + limit, () -> {}));
    }
  }

  /** New tasks have the smallest key, the greatest key, or none. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "due",
        "-due",
        "priority",
        "-priority",
        "position",
        "-position",
        "completed_at",
        "title",
        "-completed_at",
        "-title",
        "deleted_at",
        "-deleted_at",
        "-updated_at"
      })
  void pagesAreStableUnderInserts(String order) {
    createTasksToSort();
    String before = titlesOfAllPages("sort=" + order + "&limit=7", () -> {});

    Deque<Map<String, Object>> newTasks =
        new ArrayDeque<>(
            List.of(
                newTask("0001-01-01", "low", "0"),
                newTask("9999-12-31", "urgent", "zzz"),
                Map.of("title", "new")));
    String during =
        titlesOfAllPages(
            "sort=" + order + "&limit=2",
            () -> {
              if (!newTasks.isEmpty()) {
                alice.has(newTasks.remove());
              }
            });

    assertEquals(0, newTasks.size());
    assertEquals(before, during.replaceAll("new ?", "").strip());
  }

  private static Map<String, Object> newTask(String due, String priority, String position) {
    return Map.of(
        "title", "new", "due", due, "priority", priority, "position", position, "completed", true);
  }

  @Test
  void theKeyOfACursorMayBeOfADeletedTask() {
    createTasksToSort();
    String query = "?sort=due&limit=2";
    String cursor = cursorOf(query); // of c
    alice.delete(idOf("c")).statusCode(204);

    alice.list(query + "&cursor=" + cursor).body("title", contains("e", "a"));
  }

  @Test
  void aCursorOfAnotherOrderOrFilterIsRefused() {
    createTasksToSort();
    List<String> lists = new ArrayList<>();
    ORDERS.forEach(order -> lists.add("sort=" + order));
    for (String filter :
        List.of(
            "has_due=true",
            "has_due=false",
            "due_from=2026-01-12",
            "due_from=2026-01-12&tz=Asia/Tokyo",
            "due_before=2026-02-01",
            "overdue=true&tz=UTC",
            "overdue=false&tz=UTC",
            "overdue=false&tz=Asia/Tokyo",
            "min_priority=low",
            "min_priority=normal",
            "tag=x",
            "completed_since=2000-01-01T00:00:00Z",
            "q=e")) {
      lists.add("sort=due&" + filter);
    }
    String cursor = cursorOf("?sort=due&limit=1");
    alice.list("?sort=due&cursor=" + cursor).statusCode(200);
    alice
        .roughRequest() // an empty q is missing, says the validator
        .get(User.TASKS + "?sort=due&q=&cursor=" + cursor)
        .then()
        .statusCode(200);
    for (String list : lists) {
      if (!list.equals("sort=due")) {
        alice
            .list("?" + list + "&cursor=" + cursor)
            .statusCode(400)
            .body("errors.field", contains("cursor"));
      }
    }
    String filtered = cursorOf("?sort=due&has_due=true&limit=1");
    alice.list("?sort=due&cursor=" + filtered).statusCode(400);
    alice.list("?sort=due&due_from=2026-01-12&cursor=" + filtered).statusCode(400);
  }

  @Test
  void aCursorStaysValidWhileTheClockMoves() {
    for (String title : List.of("a", "b", "c")) {
      has(title, "2020-01-01");
    }

    assertEquals("c b a", titlesOfAllPages("overdue=true&tz=UTC&limit=1", () -> {}));
  }

  /** Like a client that knows the source: any bytes behind a valid digest. */
  @Test
  void noForgedCursorCausesAServerError() throws Exception {
    createTasksToSort();
    Random random = new Random(42);
    List<byte[]> keys = new ArrayList<>();
    for (long number :
        new long[] {
          0,
          1,
          -1,
          4,
          32_768,
          Integer.MAX_VALUE,
          1L << 32,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          -62_135_596_800_000_000L,
          -62_135_596_800_000_001L,
          -62_135_683_200_000_000L,
          253_402_300_799_999_999L,
          253_402_300_800_000_000L,
          253_402_387_200_000_000L,
          253_402_473_600_000_000L,
          9_223_371_331_200_000_000L,
          -210_866_803_200_000_000L
        }) {
      keys.add(ByteBuffer.allocate(8).putLong(number).array());
    }
    for (String text :
        List.of(
            "",
            "=",
            "==",
            "x",
            "=a",
            "=\0",
            "=a\0b",
            "🦉",
            "🦉a",
            "=🦉",
            "\ud800",
            "=\udc00",
            "\u0301",
            "=" + "x".repeat(100),
            "=" + "x".repeat(101),
            "=" + "🦉".repeat(100),
            "'",
            "=' or true --",
            "=%",
            "=\\",
            "=\uffff",
            "=\ufeff")) {
      keys.add(text.getBytes(StandardCharsets.UTF_8));
      keys.add(text.getBytes(StandardCharsets.UTF_16));
    }
    for (int i = 0; i < 20; i++) {
      byte[] bytes = new byte[random.nextInt(20)];
      random.nextBytes(bytes);
      keys.add(bytes);
    }
    keys.add(new byte[] {'=', (byte) 0xed, (byte) 0xa0, (byte) 0x80}); // half a surrogate pair
    for (String order : ORDERS) {
      // Without tasks that have no key, the condition is another one.
      for (String filter : order.contains("due") ? List.of("", "&has_due=true") : List.of("")) {
        for (byte[] key : keys) {
          assertNoServerError(order, filter, forged(order, filter, 1, key));
        }
        for (long id : new long[] {0, -1, 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
          for (byte[] key : List.of(new byte[0], keys.get(0), new byte[] {'='})) {
            assertNoServerError(order, filter, forged(order, filter, id, key));
          }
        }
      }
    }
  }

  private void assertNoServerError(String order, String filter, String cursor) {
    int status =
        alice
            .authorized()
            .get(User.TASKS + "?limit=1&sort=" + order + filter + "&cursor=" + cursor)
            .statusCode();
    assertTrue(status == 200 || status == 400, order + filter + " " + cursor + " " + status);
  }

  /** As {@link TaskCursor} makes it, which would not take such a key. */
  private String forged(String order, String filter, long id, byte[] key) throws Exception {
    Map<String, List<String>> parameters =
        filter.isEmpty() ? Map.of() : Map.of("has_due", List.of("true"));
    TaskFilter ofList = TaskFilter.of(parameters);
    String list =
        String.join("\0", alice.name(), ofList.identity(), TaskOrder.of(order, ofList).orderBy());
    byte[] place = ByteBuffer.allocate(8 + key.length).putLong(id).put(key).array();
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(list.getBytes(StandardCharsets.UTF_8));
    byte[] digest = Arrays.copyOf(sha256.digest(place), 12);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            ByteBuffer.allocate(digest.length + place.length).put(digest).put(place).array());
  }

  /** Otherwise the test above would try nothing. */
  @Test
  void aForgedCursorLeadsToAnotherPosition() throws Exception {
    createTasksToSort();
    long id = idOf("b");
    byte[] normal = ByteBuffer.allocate(8).putLong(2).array();

    alice
        .list("?sort=priority&cursor=" + forged("priority", "", id, normal))
        .body("title", contains("g", "d", "c", "b", "f"));
    alice
        .list("?sort=priority&cursor=" + forged("priority", "", id, new byte[0]))
        .body("title", contains("f"));
    alice
        .list("?sort=position&cursor=" + forged("position", "", id, "=a0".getBytes()))
        .body("title", contains("d", "a", "e", "b", "f"));
    alice.list("?sort=title&cursor=" + forged("title", "", id, new byte[0])).statusCode(400);
  }

  // Requests

  private static String overdue(boolean overdue, ZoneId zone) {
    return "overdue=" + overdue + "&tz=" + zone.getId().replace("+", "%2B");
  }

  /**
   * @param due the local time, and maybe the zone
   */
  private long has(String title, String... due) {
    Map<String, Object> task = new HashMap<>(Map.of("title", title, "due", due[0]));
    if (due.length > 1) {
      task.put("due_zone", due[1]);
    }
    return alice.has(task);
  }

  private void tagged(String title, String... tags) {
    alice.has(Map.of("title", title, "tags", tags));
  }

  private List<String> tag(String... tags) {
    return titles(
        Arrays.stream(tags)
            .map(tag -> "tag=" + URLEncoder.encode(tag, StandardCharsets.UTF_8))
            .collect(joining("&")));
  }

  private long idOf(String title) {
    return alice.list("").extract().jsonPath().getLong("find { it.title == '" + title + "' }.id");
  }

  private List<String> titles(String query) {
    return alice
        .request()
        .urlEncodingEnabled(false)
        .get(User.TASKS + "?" + query)
        .then()
        .statusCode(200)
        .extract()
        .path("title");
  }

  private String titlesOfAllPages(String query, Runnable betweenPages) {
    List<String> titles = new ArrayList<>();
    String url = User.TASKS + "?" + query;
    while (url != null) {
      ExtractableResponse<Response> page =
          alice.request().urlEncodingEnabled(false).get(url).then().statusCode(200).extract();
      titles.addAll(page.path("title"));
      String link = page.header("Link");
      url = link == null ? null : link.replaceAll("<(.*)>; rel=\"next\"", "$1");
      if (url != null) {
        betweenPages.run();
      }
    }
    return String.join(" ", titles);
  }

  private String cursorOf(String query) {
    String link = alice.list(query).statusCode(200).extract().header("Link");
    return link.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1");
  }
}
