package dev.taskward.problem;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.taskward.problem.Problem.FieldError;
import java.util.Collection;
import java.util.Objects;
import java.util.stream.Collectors;

/** Describes in a client's terms what Jackson found wrong with a body. */
final class JsonErrors {

  /** The field name that stands for the whole body. */
  static final String BODY = "body";

  /** Not a constant: those are copied into other classes, which a live reload keeps. */
  static String malformed() {
    return "The body is not valid JSON.";
  }

  /** The error for JSON of the wrong shape. */
  static FieldError of(MismatchedInputException e) {
    String field =
        e.getPath().stream()
            .map(Reference::getFieldName)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("."));
    return new FieldError(field.isEmpty() ? BODY : field, message(e));
  }

  private static String message(MismatchedInputException e) {
    if (e instanceof UnrecognizedPropertyException) {
      return "is not a known field";
    }
    if (e instanceof InvalidNullException) {
      return "must not be null";
    }
    Class<?> target = e.getTargetType();
    if (target == boolean.class || target == Boolean.class) {
      return "must be true or false";
    }
    if (target != null && Collection.class.isAssignableFrom(target)) {
      return "must be an array";
    }
    return target == String.class ? "must be a string" : "must be a JSON object";
  }

  /** The detail for text that is no JSON or exceeds the limits of the parser. */
  static String detail(Throwable cause) {
    JsonLocation location = cause instanceof JacksonException e ? e.getLocation() : null;
    return location == null
        ? malformed()
        : "The body is not valid JSON (line %d, column %d)."
            .formatted(location.getLineNr(), location.getColumnNr());
  }

  private JsonErrors() {}
}
