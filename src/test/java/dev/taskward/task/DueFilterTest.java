package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DueFilterTest {

  static final String IS_OVERDUE =
      "not completed and due_key < case when due_zone is not null then ?::timestamp"
          + " when length(due) = 10 then ?::timestamp"
          + " when due_key < ?::timestamp then ?::timestamp else ?::timestamp end";

  static final Instant NOW = Instant.parse("2026-01-13T10:00:00Z");

  /** What the filter adds to the condition of a list. */
  record Added(String sql, List<Object> values) {}

  /** The query as it is sent, such as {@code overdue=true&tz=UTC}, without percent-encoding. */
  private static DueFilter filter(String query, Instant now) {
    Map<String, List<String>> parameters =
        query.isEmpty()
            ? Map.of()
            : Stream.of(query.split("&"))
                .map(parameter -> parameter.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> List.of(pair[1])));
    return DueFilter.of(parameters, now);
  }

  private static Added condition(String query, Instant now) {
    Condition condition = new Condition();
    filter(query, now).addTo(condition);
    return new Added(condition.sql(), condition.values());
  }

  private static Added condition(String query) {
    return condition(query, NOW);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tz=Europe/Berlin"})
  void withoutAFilterNothingIsAdded(String query) {
    assertEquals(new Added("", List.of()), condition(query));
  }

  @ParameterizedTest
  @CsvSource({
    "due_from=2026-01-13, >=, 2026-01-13T00:00",
    "due_from=2026-01-13T10:00, >=, 2026-01-13T10:00",
    "due_from=2026-01-13T10:00:30&tz=UTC, >=, 2026-01-13T10:00:30",
    "due_before=2026-01-13, <, 2026-01-13T00:00",
    "due_before=2026-01-13T10:00&tz=Asia/Kolkata, <, 2026-01-13T10:00",
    "due_before=2026-01-13T10:00&tz=Etc/UTC, <, 2026-01-13T10:00"
  })
  void aBoundIsHalfOpen(String query, String comparison, String value) {
    Added condition = condition(query);

    assertEquals("due_key " + comparison + " ?::timestamp", first(condition.sql()));
    assertEquals(value, condition.values().get(0));
  }

  private static String first(String sql) {
    return sql.replaceFirst("(?<=::timestamp) and .*", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"due_from=2026-01-13", "due_before=2026-01-13&tz=UTC"})
  void inUtcOneComparisonIsEnough(String query) {
    assertEquals(1, condition(query).values().size());
  }

  /** The values are the wider bound, the local time and its instant in UTC. */
  @ParameterizedTest
  @CsvSource({
    "2026-01-13,       Europe/Berlin,       2026-01-12T23:00, 2026-01-13T00:00, 2026-01-12T23:00",
    "2026-01-13,       America/New_York,    2026-01-13T00:00, 2026-01-13T00:00, 2026-01-13T05:00",
    "2026-03-29T02:30, Europe/Berlin,       2026-03-29T01:30, 2026-03-29T02:30, 2026-03-29T01:30",
    "2026-10-25T02:30, Europe/Berlin,       2026-10-25T00:30, 2026-10-25T02:30, 2026-10-25T00:30",
    "2026-11-01T01:30, America/New_York,    2026-11-01T01:30, 2026-11-01T01:30, 2026-11-01T05:30",
    "2026-10-04T02:15, Australia/Lord_Howe, 2026-10-03T15:45, 2026-10-04T02:15, 2026-10-03T15:45",
    "0001-01-01,       America/New_York,    0001-01-01T00:00, 0001-01-01T00:00, 0001-01-01T04:56:02"
  })
  void dueFromComparesZonedTasksByTheInstant(
      String from, String zone, String wider, String local, String utc) {
    assertEquals(
        new Added(
            "due_key >= ?::timestamp and due_key >="
                + " case when due_zone is null then ?::timestamp else ?::timestamp end",
            List.of(wider, local, utc)),
        condition("due_from=" + from + "&tz=" + zone));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-13,       Europe/Berlin,    2026-01-13T00:00, 2026-01-13T00:00, 2026-01-12T23:00",
    "2026-01-13,       America/New_York, 2026-01-13T05:00, 2026-01-13T00:00, 2026-01-13T05:00",
    "2026-01-01T00:30, Pacific/Auckland, 2026-01-01T00:30, 2026-01-01T00:30, 2025-12-31T11:30"
  })
  void dueBeforeComparesZonedTasksByTheInstant(
      String before, String zone, String wider, String local, String utc) {
    assertEquals(
        new Added(
            "due_key < ?::timestamp and due_key <"
                + " case when due_zone is null then ?::timestamp else ?::timestamp end",
            List.of(wider, local, utc)),
        condition("due_before=" + before + "&tz=" + zone));
  }

  /** No year after 9999: java.time writes it with a plus sign, which PostgreSQL refuses. */
  @Test
  void aBoundStaysInTheYearsOfDueDates() {
    assertEquals(
        List.of("9999-12-31T23:59:59", "9999-12-31T23:00", "9999-12-31T23:59:59"),
        condition("due_before=9999-12-31T23:00&tz=America/New_York").values());
  }

  @ParameterizedTest
  @CsvSource({"true, 'due_key is not null'", "false, 'due_key is null'"})
  void hasDueNeedsNoValue(String value, String sql) {
    assertEquals(new Added(sql, List.of()), condition("has_due=" + value));
  }

  /** The values are the instant, today, the end of the change, and the clocks of both offsets. */
  @ParameterizedTest
  @CsvSource({
    "UTC,              2026-01-13T10:00, 2026-01-13T00:00, 2026-01-13T10:00, 2026-01-13T10:00",
    "Pacific/Honolulu, 2026-01-13T10:00, 2026-01-13T00:00, 1947-06-08T02:30, 2026-01-13T00:00",
    "Pacific/Auckland, 2026-01-13T23:00, 2026-01-13T00:00, 2025-09-28T03:00, 2026-01-13T23:00"
  })
  void overdueIsByTheClockOfTheZone(
      String zone, String widest, String today, String changed, String clock) {
    List<Object> values = condition("overdue=true&tz=" + zone).values();

    assertEquals(List.of(widest, "2026-01-13T10:00", today, changed), values.subList(0, 4));
    assertEquals(clock, values.get(5));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-13T09:59:59.5Z,  2026-01-12T00:00",
    "2026-01-13T10:00:00Z,    2026-01-13T00:00",
    "2026-01-14T09:59:59.5Z,  2026-01-13T00:00"
  })
  void todayIsTheDateInTheZone(Instant now, String today) {
    assertEquals(today, condition("overdue=true&tz=Pacific/Honolulu", now).values().get(2));
  }

  /**
   * 02:30 is skipped, and so counts as 03:30. At 03:15 the times before 02:15 have passed, and
   * those from 03:00 to 03:15.
   */
  @Test
  void aSkippedTimeIsOverdueWhenTheLaterOneHasPassed() {
    assertEquals(
        List.of("2026-03-29T03:00", "2026-03-29T02:15", "2026-03-29T03:15"),
        clocks("2026-03-29T01:15:00Z", "Europe/Berlin"));
  }

  /** At the second 02:15 every time before 03:00 has passed once. */
  @Test
  void aRepeatedTimeIsOverdueWhenTheFirstHasPassed() {
    assertEquals(
        List.of("2026-10-25T03:00", "2026-10-25T03:15", "2026-10-25T02:15"),
        clocks("2026-10-25T01:15:00Z", "Europe/Berlin"));
  }

  @Test
  void theChangeCountsFromItsFirstMoment() {
    assertEquals(
        List.of("2026-10-25T03:00", "2026-10-25T03:00", "2026-10-25T02:00"),
        clocks("2026-10-25T01:00:00Z", "Europe/Berlin"));
  }

  private static List<Object> clocks(String now, String zone) {
    return condition("overdue=true&tz=" + zone, Instant.parse(now)).values().subList(3, 6);
  }

  @Test
  void overdueTasksAreFoundByAnIndex() {
    Added condition = condition("overdue=true&tz=UTC");

    assertEquals("due_key < ?::timestamp and (" + IS_OVERDUE + ")", condition.sql());
    assertEquals(6, condition.values().size());
  }

  @Test
  void notOverdueIsTheComplement() {
    Added condition = condition("overdue=false&tz=UTC");

    assertEquals("(" + IS_OVERDUE + ") is not true", condition.sql());
    assertEquals(5, condition.values().size());
  }

  @Test
  void allFiltersCombine() {
    Added all =
        condition(
            "due_from=2026-01-01&due_before=2026-02-01&overdue=false&has_due=true&tz=Asia/Tokyo");

    assertEquals(
        Stream.of(
                "due_from=2026-01-01&tz=Asia/Tokyo",
                "due_before=2026-02-01&tz=Asia/Tokyo",
                "overdue=false&tz=Asia/Tokyo",
                "has_due=true")
            .map(query -> condition(query).sql())
            .collect(Collectors.joining(" and ")),
        all.sql());
    assertEquals(all.sql().chars().filter(c -> c == '?').count(), all.values().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "due_from=",
        "due_from=today",
        "due_from=2026-02-30",
        "due_before=2026-01-13T10:00Z",
        "due_before=2026-01-13T10:00:00+01:00",
        "due_before=0000-01-01",
        "overdue=true",
        "overdue=false",
        "overdue=1&tz=UTC",
        "overdue=&tz=UTC",
        "has_due=yes",
        "has_due=",
        "tz=",
        "tz=+01:00",
        "tz=europe/berlin",
        "overdue=true&tz=Z",
        "due_from=2026-01-13&tz=SystemV/PST8"
      })
  void anInvalidParameterIsRefused(String query) {
    ProblemException error = assertThrows(ProblemException.class, () -> filter(query, NOW));
    assertEquals(400, error.getResponse().getStatus());
  }

  @Test
  void anOffsetIsRefusedWithTheParameterForTheZone() {
    assertEquals(
        "must have no offset; send the zone in tz", TaskDue.error("2026-01-13T10:00Z", "tz"));
  }

  /** A cursor is valid for one list, so it must not depend on the time. */
  @Test
  void theIdentityIsThatOfTheParameters() {
    String query = "due_from=2026-01-13&overdue=true&has_due=true&tz=Asia/Tokyo";

    assertEquals(filter(query, NOW).identity(), filter(query, NOW.plusSeconds(86_400)).identity());
  }

  @Test
  void theConditionsTextDoesNotDependOnTheTime() {
    String query = "overdue=true&tz=Europe/Berlin";

    assertEquals(
        condition(query).sql(), condition(query, Instant.parse("2026-10-25T01:15:00Z")).sql());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "due_from=2026-01-13",
        "due_from=2026-01-14&tz=Asia/Tokyo",
        "due_before=2026-01-13&tz=Asia/Tokyo",
        "due_from=2026-01-13&due_before=2026-01-13&tz=Asia/Tokyo",
        "due_from=2026-01-13&tz=Asia/Seoul",
        "due_from=2026-01-13&has_due=true&tz=Asia/Tokyo",
        "due_from=2026-01-13&overdue=true&tz=Asia/Tokyo",
        "due_from=2026-01-13&overdue=false&tz=Asia/Tokyo"
      })
  void anotherFilterHasAnotherIdentity(String query) {
    assertNotEquals(
        filter("due_from=2026-01-13&tz=Asia/Tokyo", NOW).identity(), filter(query, NOW).identity());
  }
}
