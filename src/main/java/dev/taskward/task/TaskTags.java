package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/** The tags of a task: an ordered set of texts, compared in NFC (Unicode Annex 15). */
final class TaskTags {

  static final int MAX = 20;

  /** Code points. */
  static final int LENGTH_MAX = 50;

  /** At most 20 different tags of 1 to 50 code points, at least one of them visible. */
  @Constraint(validatedBy = Validator.class)
  @Target(FIELD)
  @Retention(RUNTIME)
  @interface Valid {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Reports the first error. */
  public static final class Validator implements ConstraintValidator<Valid, List<String>> {

    @Override
    public boolean isValid(List<String> tags, ConstraintValidatorContext context) {
      return TaskText.isValid(tags == null ? null : error(tags), context);
    }
  }

  private static String error(List<String> tags) {
    if (tags.size() > MAX) {
      return "must be at most " + MAX + " tags";
    }
    for (String tag : tags) {
      String storageError = TaskText.storageError(tag);
      if (storageError != null) {
        return storageError;
      }
      String nfc = nfc(tag);
      if (nfc.codePointCount(0, nfc.length()) > LENGTH_MAX || !TaskText.isVisible(tag)) {
        return "must be tags of 1 to " + LENGTH_MAX + " characters, at least one of them visible";
      }
    }
    return new HashSet<>(nfc(tags)).size() < tags.size() ? "must not contain a tag twice" : null;
  }

  static List<String> nfc(List<String> tags) {
    return tags.stream().map(TaskTags::nfc).toList();
  }

  static String nfc(String tag) {
    return Normalizer.normalize(tag, Normalizer.Form.NFC);
  }

  /** The text form of a PostgreSQL array; null if there are no tags. */
  static String array(List<String> tags) {
    return tags.isEmpty()
        ? null
        : tags.stream()
            .map(tag -> '"' + tag.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
            .collect(Collectors.joining(",", "{", "}"));
  }

  private TaskTags() {}
}
