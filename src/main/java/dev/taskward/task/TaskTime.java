package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An instant as text (RFC 3339). */
final class TaskTime {

  /** The end of a description in the OpenAPI document. */
  static final String DESCRIPTION = " RFC 3339, in UTC, with six fractional digits.";

  static final String ERROR =
      "must be a time like 2026-01-13T10:00:00Z (RFC 3339), in the years 1900 to 9999";

  /** Long after the calendar of the driver's timestamps changes, in 1582. */
  private static final Instant MIN = Instant.parse("1900-01-01T00:00:00Z");

  static final Instant MAX = Instant.parse("9999-12-31T23:59:59.999999Z");

  /** RFC 3339 in three groups, without digits that PostgreSQL does not store. */
  private static final Pattern TIME =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)"
              + "(?:(\\.\\d{1,6})\\d*)?"
              + "(Z|[+-]\\d\\d:\\d\\d)");

  /** In the years 1900 to 9999 in UTC. */
  @Constraint(validatedBy = Validator.class)
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Valid {
    String message() default ERROR;

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  public static final class Validator implements ConstraintValidator<Valid, String> {

    @Override
    public boolean isValid(String time, ConstraintValidatorContext context) {
      Instant instant = time == null ? MIN : parse(time);
      return instant != null && !instant.isBefore(MIN) && !instant.isAfter(MAX);
    }
  }

  /** The time, cut to microseconds; null if the text is no time. */
  static Instant parse(String text) {
    try {
      Matcher time = TIME.matcher(text);
      if (time.matches()) {
        String micros = Objects.requireNonNullElse(time.group(2), "");
        return OffsetDateTime.parse(time.group(1) + micros + time.group(3)).toInstant();
      }
    } catch (DateTimeException noSuchTime) {
      // the same result as for another form
    }
    return null;
  }

  private TaskTime() {}
}
