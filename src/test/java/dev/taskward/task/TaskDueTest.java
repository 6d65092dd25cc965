package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.problem.ProblemException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import jakarta.validation.ValidatorFactory;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskDueTest {

  static final String FORM = "must be a date like 2026-01-13 or a local time like 2026-01-13T10:00";

  static final String ZONE = "must be an IANA time zone like Europe/Berlin";

  /** The constraints as the request bodies use them. */
  static final class Body {
    @TaskDue.When String due;
    @TaskDue.Zone String zone;
    Optional<@TaskDue.When String> newDue;
    Optional<@TaskDue.Zone String> newZone;
  }

  private static List<String> errors(Body body) {
    try (ValidatorFactory factory = Validation.buildDefaultValidatorFactory()) {
      Validator validator = factory.getValidator();
      return validator.validate(body).stream().map(ConstraintViolation::getMessage).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-13",
        "2026-01-13T10:00",
        "2026-01-13T10:00:30",
        "2026-01-13T00:00:00",
        "2026-01-13T23:59:59",
        "2024-02-29",
        "2000-02-29T12:00",
        "0001-01-01",
        "0001-01-01T00:00",
        "9999-12-31",
        "9999-12-31T23:59:59"
      })
  void aDateOrALocalTimeIsAccepted(String due) {
    assertNull(TaskDue.error(due, "due_zone"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "tomorrow",
        "20260113",
        "2026-1-13",
        "2026-01",
        "2026-W03-2",
        "2026-013",
        "13.01.2026",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "2026-01-32T10:00",
        "0000-01-01",
        "0000-12-31T23:59",
        "-2026-01-13",
        "+12026-01-13",
        "10000-01-01",
        "2026-01-13T",
        "2026-01-13T10",
        "2026-01-13T1000",
        "2026-01-13T24:00",
        "2026-01-13T10:60",
        "2026-01-13T23:59:60",
        "2026-01-13T10:00:",
        "2026-01-13T10:00:00.5",
        "2026-01-13T10:00:00.000",
        "2026-01-13t10:00",
        "2026-01-13 10:00",
        " 2026-01-13",
        "2026-01-13 ",
        "2026-01-13\n",
        "2026-01-13T10:00\u0000",
        "\u0662\u0660\u0662\u0666-01-13",
        "２０２６-01-13",
        "2026‐01‐13",
        "2026-01-13T10:00[Europe/Berlin]"
      })
  void anotherFormIsRefused(String due) {
    assertEquals(FORM, TaskDue.error(due, "due_zone"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-13T10:00Z",
        "2026-01-13T10:00:00Z",
        "2026-01-13T10:00:00.000Z",
        "2026-01-13t10:00:00z",
        "2026-01-13 10:00:00Z",
        "2026-01-13T10:00+01:00",
        "2026-01-13T10:00:00-05",
        "2026-01-13T10:00:00+0530",
        "2026-01-13T10:00:00.123456789+01:00",
        "2026-01-13T10:00:00+01:00[Europe/Berlin]"
      })
  void anOffsetIsRefusedWithTheFieldForTheZone(String due) {
    assertEquals("must have no offset; send the zone in due_zone", TaskDue.error(due, "due_zone"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Europe/Berlin",
        "America/Argentina/ComodRivadavia",
        "Asia/Calcutta",
        "Asia/Kolkata",
        "Europe/Kyiv",
        "US/Eastern",
        "UTC",
        "GMT",
        "Zulu",
        "Etc/GMT+12",
        "CET"
      })
  void aZoneOrALinkIsAccepted(String zone) {
    Body body = new Body();
    body.zone = zone;
    body.newZone = Optional.of(zone);
    assertEquals(List.of(), errors(body));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Z",
        "+01:00",
        "-05",
        "UTC+1",
        "GMT+01:00",
        "UT",
        "europe/berlin",
        "EUROPE/BERLIN",
        "utc",
        "Europe/Berlin ",
        "Europe",
        "Europe/Bonn",
        "Mars/Phobos",
        "SystemV/PST8PDT",
        "IST",
        "Europe/Berlin\u0000",
        "../etc/passwd",
        "{zone}",
        "${1+1}"
      })
  void anotherZoneIsRefused(String zone) {
    Body body = new Body();
    body.zone = zone;
    body.newZone = Optional.of(zone);
    assertEquals(List.of(ZONE, ZONE), errors(body));
  }

  @Test
  void noDueDateIsValid() {
    Body body = new Body();
    assertEquals(List.of(), errors(body));
    body.newDue = Optional.empty();
    body.newZone = Optional.empty();
    assertEquals(List.of(), errors(body));
  }

  @Test
  void theConstraintAcceptsADueDate() {
    Body body = new Body();
    body.due = "2026-01-13";
    body.newDue = Optional.of("2026-01-13T10:00");
    assertEquals(List.of(), errors(body));
  }

  @Test
  void theConstraintReportsOneErrorAField() {
    Body body = new Body();
    body.due = "${1+1}";
    assertEquals(List.of(FORM), errors(body));
    body.due = "2026-01-13T10:00Z";
    assertEquals(List.of("must have no offset; send the zone in due_zone"), errors(body));
    body.due = null;
    body.newDue = Optional.of("2026-02-30");
    assertEquals(List.of(FORM), errors(body));
  }

  @ParameterizedTest
  @CsvSource({
    ", false",
    "2026-01-13, false",
    "2026-01-13T00:00, true",
    "2026-01-13T10:00:30, true"
  })
  void onlyALocalTimeHasATime(String due, boolean hasTime) {
    assertEquals(hasTime, TaskDue.hasTime(due));
  }

  @ParameterizedTest
  @CsvSource({",", "2026-01-13,", "2026-01-13T10:00,", "2026-01-13T10:00, Europe/Berlin"})
  void aZoneIsOptionalForATime(String due, String zone) {
    assertDoesNotThrow(() -> TaskDue.check(due, zone));
  }

  @ParameterizedTest
  @CsvSource({", Europe/Berlin", "2026-01-13, Europe/Berlin", "2026-01-13, UTC"})
  void aZoneWithoutATimeIsRefused(String due, String zone) {
    ProblemException error = assertThrows(ProblemException.class, () -> TaskDue.check(due, zone));
    assertEquals(400, error.getResponse().getStatus());
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-13,                 , 2026-01-13T00:00",
    "2026-01-13T10:00,           , 2026-01-13T10:00",
    "2026-01-13T10:00:30,        , 2026-01-13T10:00:30",
    "2026-03-29T02:30,           , 2026-03-29T02:30", // in the gap of Europe/Berlin
    "0001-01-01,                 , 0001-01-01T00:00",
    "9999-12-31T23:59:59,        , 9999-12-31T23:59:59"
  })
  void withoutAZoneTheKeyIsTheLocalTime(String due, String zone, LocalDateTime key) {
    assertEquals(key, TaskDue.key(due, zone));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-13T10:00,    UTC,                2026-01-13T10:00",
    "2026-01-13T10:00,    Europe/Berlin,      2026-01-13T09:00",
    "2026-07-13T10:00:30, Europe/Berlin,      2026-07-13T08:00:30",
    "2026-01-13T10:00,    Asia/Calcutta,      2026-01-13T04:30",
    "2026-01-13T10:00,    Pacific/Kiritimati, 2026-01-12T20:00",
    "2025-12-31T23:00,    America/New_York,   2026-01-01T04:00",
    "2026-01-01T00:30,    Pacific/Auckland,   2025-12-31T11:30",
    "2026-01-13T10:00,    Etc/GMT+12,         2026-01-13T22:00"
  })
  void withAZoneTheKeyIsTheInstantInUtc(String due, String zone, LocalDateTime key) {
    assertEquals(key, TaskDue.key(due, zone));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-29T01:59:59, Europe/Berlin,       2026-03-29T00:59:59",
    "2026-03-29T02:00,    Europe/Berlin,       2026-03-29T01:00", // 03:00
    "2026-03-29T02:30,    Europe/Berlin,       2026-03-29T01:30", // 03:30
    "2026-03-29T03:00,    Europe/Berlin,       2026-03-29T01:00",
    "2026-03-08T02:30,    America/New_York,    2026-03-08T07:30", // 03:30
    "2026-10-04T02:15,    Australia/Lord_Howe, 2026-10-03T15:45", // 02:45
    "2026-10-04T02:30,    Australia/Lord_Howe, 2026-10-03T15:30",
    "2011-12-30T12:00,    Pacific/Apia,        2011-12-30T22:00" // 2011-12-31T12:00
  })
  void aSkippedTimeCountsAsTheLaterOne(String due, String zone, LocalDateTime key) {
    assertEquals(key, TaskDue.key(due, zone));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-10-25T01:59:59, Europe/Berlin,       2026-10-24T23:59:59",
    "2026-10-25T02:30,    Europe/Berlin,       2026-10-25T00:30",
    "2026-10-25T03:00,    Europe/Berlin,       2026-10-25T02:00",
    "2026-11-01T01:30,    America/New_York,    2026-11-01T05:30",
    "2026-04-05T01:45,    Australia/Lord_Howe, 2026-04-04T14:45",
    "2026-04-05T02:00,    Australia/Lord_Howe, 2026-04-04T15:30"
  })
  void aRepeatedTimeCountsAsTheFirst(String due, String zone, LocalDateTime key) {
    assertEquals(key, TaskDue.key(due, zone));
  }

  /** PostgreSQL has no year 0, and java.time writes a later year with a plus sign. */
  @ParameterizedTest
  @CsvSource({
    "0001-01-01T00:00,    Asia/Tokyo,       0001-01-01T00:00",
    "0001-01-01T00:00,    America/New_York, 0001-01-01T04:56:02",
    "9999-12-31T23:00,    America/New_York, 9999-12-31T23:59:59",
    "9999-12-31T23:59:59, Asia/Tokyo,       9999-12-31T14:59:59"
  })
  void theKeyStaysInTheYearsOfDueDates(String due, String zone, LocalDateTime key) {
    assertEquals(key, TaskDue.key(due, zone));
  }

  @Test
  void withoutADueDateThereIsNoKey() {
    assertNull(TaskDue.key(null, null));
  }

  /** Another instance with newer zones may have stored it. */
  @Test
  void aZoneThatTheJdkDoesNotKnowCountsAsUtc() {
    assertEquals(
        LocalDateTime.parse("2026-01-13T10:00"), TaskDue.key("2026-01-13T10:00", "Mars/Phobos"));
  }
}
