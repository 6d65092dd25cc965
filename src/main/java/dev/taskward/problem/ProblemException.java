package dev.taskward.problem;

import jakarta.ws.rs.WebApplicationException;
import java.util.List;

/** An error whose detail is written for the client. */
public class ProblemException extends WebApplicationException {

  /** Prefix of our own problem types. */
  private static final String TYPES = "urn:taskward:problem:";

  private final String type;
  private final transient List<Problem.FieldError> errors;
  private final transient List<Problem.Failure> failures;
  private transient Object current;
  private String currentTag;

  private ProblemException(int status, String detail, List<Problem.FieldError> errors) {
    this(Problem.TYPE, status, detail, errors, List.of());
  }

  private ProblemException(
      String type,
      int status,
      String detail,
      List<Problem.FieldError> errors,
      List<Problem.Failure> failures) {
    super(detail, status);
    this.type = type;
    this.errors = errors;
    this.failures = failures;
  }

  /** 400: the body as a whole is invalid. */
  public static ProblemException invalidBody(String message) {
    return invalid(Problem.FieldError.BODY, message);
  }

  public static ProblemException invalid(String field, String message) {
    return invalid(List.of(new Problem.FieldError(field, message)));
  }

  public static ProblemException invalid(List<Problem.FieldError> errors) {
    return new ProblemException(400, Problem.invalidInput(), errors);
  }

  /** 400: the request is malformed before any field or parameter is read. */
  public static ProblemException malformed(String detail) {
    return new ProblemException(400, detail, List.of());
  }

  public static ProblemException notFound(String detail) {
    return new ProblemException(404, detail, List.of());
  }

  /**
   * 410: what the client relied on is gone.
   *
   * @param type the name of the problem, for programs
   */
  public static ProblemException gone(String type, String detail) {
    return new ProblemException(TYPES + type, 410, detail, List.of(), List.of());
  }

  public static ProblemException forbidden(String detail) {
    return new ProblemException(403, detail, List.of());
  }

  /** 429: the client may try again after {@code Retry-After}. */
  public static ProblemException tooMany(String detail) {
    return new ProblemException(429, detail, List.of());
  }

  public static ProblemException unavailable() {
    return new ProblemException(503, Problem.detail(503, null), List.of());
  }

  /** 415: the body has a Content-Encoding. */
  public static ProblemException encoded() {
    return new ProblemException(415, "The body must have no Content-Encoding.", List.of());
  }

  public static ProblemException preconditionFailed(String detail) {
    return new ProblemException(412, detail, List.of());
  }

  /** 409: the same request may succeed later. */
  public static ProblemException conflict(String detail) {
    return new ProblemException(409, detail, List.of());
  }

  /** 409: nothing was done, because some operations of a batch are not possible. */
  public static ProblemException batchRefused(List<Problem.Failure> failures) {
    return batchRefused(
        "Nothing was done: %d of the operations failed.".formatted(failures.size()), failures);
  }

  /** The same with another detail. */
  public static ProblemException batchRefused(String detail, List<Problem.Failure> failures) {
    return new ProblemException(TYPES + "batch-refused", 409, detail, List.of(), failures);
  }

  /** 422: the request is well-formed, but contradicts an earlier one. */
  public static ProblemException unprocessable(String detail) {
    return new ProblemException(422, detail, List.of());
  }

  /** Adds the current state, which the client did not expect, and its entity tag. */
  public ProblemException with(Object state, String etag) {
    current = state;
    currentTag = etag;
    return this;
  }

  Object current() {
    return current;
  }

  /** Null if there is no current state. */
  String currentTag() {
    return currentTag;
  }

  String type() {
    return type;
  }

  public List<Problem.FieldError> errors() {
    return errors;
  }

  public List<Problem.Failure> failures() {
    return failures;
  }
}
