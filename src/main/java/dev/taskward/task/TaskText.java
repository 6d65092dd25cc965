package dev.taskward.task;

import static java.lang.annotation.ElementType.ANNOTATION_TYPE;
import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import jakarta.validation.constraints.Pattern;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import org.hibernate.validator.constraints.CodePointLength;

/**
 * The constraints of the texts of a task. Lengths are Unicode code points, as in PostgreSQL and
 * JSON Schema, so an emoji is one character.
 */
final class TaskText {

  static final int TITLE_MAX = 255;
  static final int DESCRIPTION_MAX = 500;
  static final int POSITION_MAX = 64;
  static final String POSITION = "[0-9A-Za-z]{1," + POSITION_MAX + "}";

  /**
   * No space, control or format character, combining mark, filler of Hangul, blank of Braille, or
   * unassigned invisible character. {@code \\p{C}} would include characters that are newer than the
   * JDK, such as emoji.
   */
  private static final String VISIBLE =
      "[^\\p{Z}\\p{Cc}\\p{Cf}\\p{M}\\x{115F}\\x{1160}\\x{3164}\\x{FFA0}\\x{2800}"
          + "\\x{180F}\\x{2065}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]";

  /** PostgreSQL stores neither U+0000 nor half a surrogate pair. */
  private static final String NOT_STORABLE = "\\x00\\p{Cs}";

  private static final String NOT_STORABLE_ERROR =
      "must not contain U+0000 or an unpaired surrogate";

  private static final java.util.regex.Pattern VISIBLE_CHARACTER =
      java.util.regex.Pattern.compile(VISIBLE);

  private static final java.util.regex.Pattern NOT_STORABLE_CHARACTER =
      java.util.regex.Pattern.compile("[" + NOT_STORABLE + "]");

  /** 1 to 255 code points, at least one of them visible. */
  @Storable
  @CodePointLength(max = TITLE_MAX, message = "must be at most {max} characters long")
  @Pattern(regexp = "(?s).*" + VISIBLE + ".*", message = "must not be blank")
  @Constraint(validatedBy = {})
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Title {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** At most 500 code points. */
  @Storable
  @CodePointLength(max = DESCRIPTION_MAX, message = "must be at most {max} characters long")
  @Constraint(validatedBy = {})
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Description {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** One of {@link TaskPriority#NAMES}. */
  @Pattern(regexp = "low|normal|high|urgent", message = "must be low, normal, high or urgent")
  @Constraint(validatedBy = {})
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Priority {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** A key of fractional indexing, which the client makes. */
  @Pattern(
      regexp = POSITION,
      message = "must be 1 to " + POSITION_MAX + " characters 0-9, A-Z, a-z")
  @Constraint(validatedBy = {})
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Position {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  @Pattern(regexp = "[^" + NOT_STORABLE + "]*", message = NOT_STORABLE_ERROR)
  @Constraint(validatedBy = {})
  @Target(ANNOTATION_TYPE)
  @Retention(RUNTIME)
  @interface Storable {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Whether a text has a character that a reader can see. */
  static boolean isVisible(String text) {
    return VISIBLE_CHARACTER.matcher(text).find();
  }

  /** What is wrong with a text that PostgreSQL can't store; null if it can. */
  static String storageError(String text) {
    return NOT_STORABLE_CHARACTER.matcher(text).find() ? NOT_STORABLE_ERROR : null;
  }

  /**
   * The result of a constraint with several messages.
   *
   * @param error what is wrong with the value; null if it is valid
   */
  static boolean isValid(String error, ConstraintValidatorContext context) {
    if (error != null) {
      context.disableDefaultConstraintViolation();
      context.buildConstraintViolationWithTemplate(error).addConstraintViolation();
    }
    return error == null;
  }

  private TaskText() {}
}
