package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.problem.ProblemException;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Data of clients beside a task: an object of strings. Taskward does not interpret it. */
final class TaskMetadata {

  static final int KEYS_MAX = 16;

  /** Code points. */
  static final int VALUE_MAX = 500;

  /** Bytes of all keys and values in UTF-8. */
  private static final int BYTES_MAX = 2 * 1024;

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_.-]{1,40}");

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final TypeReference<LinkedHashMap<String, String>> OBJECT =
      new TypeReference<>() {};

  /** Keys of 1 to 40 characters, values of at most 500 code points. A null value removes a key. */
  @Constraint(validatedBy = Validator.class)
  @Target({FIELD, TYPE_USE})
  @Retention(RUNTIME)
  @interface Valid {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Reports the first error. */
  public static final class Validator implements ConstraintValidator<Valid, Map<String, String>> {

    @Override
    public boolean isValid(Map<String, String> metadata, ConstraintValidatorContext context) {
      return TaskText.isValid(metadata == null ? null : error(metadata), context);
    }
  }

  private static String error(Map<String, String> metadata) {
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      String value = entry.getValue();
      if (!KEY.matcher(entry.getKey()).matches()) {
        return "must have keys of 1 to 40 characters A-Z, a-z, 0-9, _ . -";
      }
      if (value == null) {
        continue; // a patch removes the key
      }
      if (value.codePointCount(0, value.length()) > VALUE_MAX) {
        return "must have values of at most " + VALUE_MAX + " characters";
      }
      String storageError = TaskText.storageError(value);
      if (storageError != null) {
        return storageError;
      }
    }
    return null;
  }

  /**
   * The metadata after a JSON merge patch (RFC 7396).
   *
   * @param patch a null value removes its key
   * @throws ProblemException (400) if the result is too large
   */
  static Map<String, String> merge(Map<String, String> current, Map<String, String> patch) {
    Map<String, String> merged = new LinkedHashMap<>(current);
    patch.forEach(
        (key, value) -> {
          if (value == null) {
            merged.remove(key);
          } else {
            merged.put(key, value);
          }
        });
    int bytes =
        merged.entrySet().stream()
            .mapToInt(entry -> bytes(entry.getKey()) + bytes(entry.getValue()))
            .sum();
    if (merged.size() > KEYS_MAX || bytes > BYTES_MAX) {
      throw ProblemException.invalid(
          "metadata", "must have at most " + KEYS_MAX + " keys and 2 KiB together");
    }
    return merged;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The text that is stored; null if there is no metadata. */
  static String write(Map<String, String> metadata) {
    try {
      return metadata.isEmpty() ? null : JSON.writeValueAsString(metadata);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, String> read(String stored) {
    try {
      return stored == null ? Map.of() : JSON.readValue(stored, OBJECT);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private TaskMetadata() {}
}
