package dev.taskward.task;

import static java.lang.annotation.ElementType.ANNOTATION_TYPE;
import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.validation.Constraint;
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

  /**
   * No space, control or format character. {@code \\p{C}} would include characters that are newer
   * than the JDK, such as emoji.
   */
  static final String VISIBLE = "[^\\p{Z}\\p{Cc}\\p{Cf}]";

  /** PostgreSQL stores neither U+0000 nor half a surrogate pair. */
  static final String NOT_STORABLE = "\\x00\\p{Cs}";

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

  @Pattern(
      regexp = "[^" + NOT_STORABLE + "]*",
      message = "must not contain U+0000 or an unpaired surrogate")
  @Constraint(validatedBy = {})
  @Target(ANNOTATION_TYPE)
  @Retention(RUNTIME)
  @interface Storable {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  private TaskText() {}
}
