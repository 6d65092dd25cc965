package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import dev.taskward.problem.ProblemException;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRulesProvider;
import java.util.regex.Pattern;

/**
 * When a task is due, as in RFC 8984: a date, or a local time with or without a time zone. Dates
 * and times are those of ISO 8601 in the years 0001 to 9999.
 */
final class TaskDue {

  static final String DESCRIPTION =
      "A date, or a local time without an offset: `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or"
          + " `YYYY-MM-DDTHH:MM:SS`.";

  static final String ZONE_DESCRIPTION =
      "The IANA time zone of a `due` with a time. Null means the local time of the reader.";

  static final String ZONE_ERROR = "must be an IANA time zone like Europe/Berlin";

  private static final Pattern DATE_OR_TIME =
      Pattern.compile("(?!0000)\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d)?)?");

  /** Includes a fraction and a zone in brackets, as JavaScript writes them. */
  private static final Pattern TIME_WITH_OFFSET =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d(:\\d\\d([.,]\\d+)?)?"
              + "([Zz]|[+-]\\d\\d(:?\\d\\d)?)(\\[.*)?");

  private static final LocalDateTime FIRST_KEY = LocalDateTime.of(1, 1, 1, 0, 0);
  private static final LocalDateTime LAST_KEY = LocalDateTime.of(9999, 12, 31, 23, 59, 59);

  /** {@code YYYY-MM-DD}, {@code YYYY-MM-DDTHH:MM} or {@code YYYY-MM-DDTHH:MM:SS}. */
  @Constraint(validatedBy = WhenValidator.class)
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface When {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** The name of a time zone, or a link, in the IANA database of the JDK. */
  @Constraint(validatedBy = ZoneValidator.class)
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Zone {
    String message() default ZONE_ERROR;

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  public static final class WhenValidator implements ConstraintValidator<When, String> {

    @Override
    public boolean isValid(String due, ConstraintValidatorContext context) {
      return TaskText.isValid(due == null ? null : error(due, "due_zone"), context);
    }
  }

  public static final class ZoneValidator implements ConstraintValidator<Zone, String> {

    @Override
    public boolean isValid(String zone, ConstraintValidatorContext context) {
      return zone == null || isZone(zone);
    }
  }

  /**
   * What is wrong with a text that must be a date or a local time; null if it is one.
   *
   * @param zoneName the field or parameter that takes the zone
   */
  static String error(String text, String zoneName) {
    if (parse(text) != null) {
      return null;
    }
    return TIME_WITH_OFFSET.matcher(text).matches()
        ? "must have no offset; send the zone in " + zoneName
        : "must be a date like 2026-01-13 or a local time like 2026-01-13T10:00";
  }

  /** A local time; midnight for a date. Null if the text is neither. */
  static LocalDateTime parse(String text) {
    try {
      if (DATE_OR_TIME.matcher(text).matches()) {
        return hasTime(text) ? LocalDateTime.parse(text) : LocalDate.parse(text).atStartOfDay();
      }
    } catch (DateTimeException noSuchTime) {
      // the same result as for another form
    }
    return null;
  }

  /** {@code SystemV/} is of the JDK, not of IANA. */
  static boolean isZone(String name) {
    return ZoneRulesProvider.getAvailableZoneIds().contains(name) && !name.startsWith("SystemV/");
  }

  /** False for a date, and without a due date. */
  static boolean hasTime(String due) {
    return due != null && due.indexOf('T') > 0;
  }

  /**
   * Checks that a zone belongs to a time.
   *
   * @throws ProblemException (400) if it does not
   */
  static void check(String due, String zone) {
    if (zone != null && !hasTime(due)) {
      throw ProblemException.invalid("due_zone", "must be null unless due has a time");
    }
  }

  /**
   * The key for the order by due: the instant in UTC, or without a zone the local time itself. Null
   * without a due date. The zone is null, or has passed {@link #check}.
   */
  static LocalDateTime key(String due, String zone) {
    if (due == null) {
      return null;
    }
    LocalDateTime local = parse(due);
    if (zone == null) {
      return local;
    }
    // An instance with newer zones may have stored one that this JDK does not know.
    return utc(local, isZone(zone) ? ZoneId.of(zone) : ZoneOffset.UTC);
  }

  /**
   * The instant of a local time, as a time in UTC within the years 0001 to 9999. A time that the
   * zone skips counts as that much later. Of a time that it repeats, the first counts.
   */
  static LocalDateTime utc(LocalDateTime local, ZoneId zone) {
    LocalDateTime utc = LocalDateTime.ofInstant(local.atZone(zone).toInstant(), ZoneOffset.UTC);
    if (utc.isBefore(FIRST_KEY)) {
      return FIRST_KEY;
    }
    return utc.isAfter(LAST_KEY) ? LAST_KEY : utc;
  }

  private TaskDue() {}
}
