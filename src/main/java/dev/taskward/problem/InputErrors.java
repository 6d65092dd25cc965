package dev.taskward.problem;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.taskward.problem.Problem.FieldError;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Describes in a client's terms what Jackson or a constraint found wrong with a body. */
public final class InputErrors {

  /** Where the JSON name of a Java field has an underscore. */
  private static final Pattern CAMEL_CASE = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  private static final int NAME_MAX = 100;

  /** Not a constant: those are copied into other classes, which a live reload keeps. */
  static String malformed() {
    return "The body is not valid JSON.";
  }

  /** The error for JSON of the wrong shape. */
  public static FieldError of(MismatchedInputException e) {
    String field = path(e);
    return new FieldError(field.isEmpty() ? FieldError.BODY : field, message(e));
  }

  /** Without the rest of a long name, which the client may have sent. */
  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(Reference::getFieldName)
        .filter(Objects::nonNull)
        .map(name -> name.codePointCount(0, name.length()) > NAME_MAX ? cut(name) : name)
        .collect(Collectors.joining("."));
  }

  private static String cut(String name) {
    return name.substring(0, name.offsetByCodePoints(0, NAME_MAX)) + "…";
  }

  private static String message(MismatchedInputException e) {
    if (e instanceof UnrecognizedPropertyException) {
      return "is not a known field";
    }
    if (e instanceof InvalidNullException) {
      return "must not be null";
    }
    if (e.getOriginalMessage().startsWith("Trailing token")) {
      return "must be one JSON value";
    }
    Class<?> target = e.getTargetType();
    if (target == boolean.class || target == Boolean.class) {
      return "must be true or false";
    }
    if (target == long.class || target == Long.class) {
      return "must be an integer";
    }
    if (target != null && Collection.class.isAssignableFrom(target)) {
      return "must be an array";
    }
    return target == String.class ? "must be a string" : "must be a JSON object";
  }

  /** The error for a value that is no JSON, or has a number that does not fit. */
  public static FieldError malformed(JsonProcessingException e) {
    if (e instanceof JsonMappingException mapping
        && e.getCause() instanceof InputCoercionException) {
      return new FieldError(path(mapping), "must be an integer"); // of 64 bits
    }
    JsonLocation location = e.getLocation();
    return new FieldError(
        FieldError.BODY,
        location == null
            ? "is not valid JSON"
            : "is not valid JSON (column %d)".formatted(location.getColumnNr()));
  }

  /** The errors of violated constraints, sorted. */
  public static List<FieldError> of(Collection<? extends ConstraintViolation<?>> violations) {
    return violations.stream()
        .map(violation -> new FieldError(field(violation), violation.getMessage()))
        .sorted(Comparator.comparing(FieldError::field).thenComparing(FieldError::message))
        .toList();
  }

  /** The path of a violation can begin with method and parameter: clients know only fields. */
  private static String field(ConstraintViolation<?> violation) {
    String field =
        StreamSupport.stream(violation.getPropertyPath().spliterator(), false)
            .filter(node -> node.getKind() == ElementKind.PROPERTY)
            .map(Object::toString)
            .collect(Collectors.joining("."));
    return field.isEmpty()
        ? FieldError.BODY
        : CAMEL_CASE.matcher(field).replaceAll("_").toLowerCase(Locale.ROOT);
  }

  /** The detail for text that is no JSON or exceeds the limits of the parser. */
  static String detail(Throwable cause) {
    JsonLocation location = cause instanceof JacksonException e ? e.getLocation() : null;
    return location == null
        ? malformed()
        : "The body is not valid JSON (line %d, column %d)."
            .formatted(location.getLineNr(), location.getColumnNr());
  }

  private InputErrors() {}
}
