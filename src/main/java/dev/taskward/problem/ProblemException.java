package dev.taskward.problem;

import jakarta.ws.rs.WebApplicationException;
import java.util.List;

/** A refusal whose detail is written for the client, and so may be told. */
public class ProblemException extends WebApplicationException {

  private final transient List<Problem.FieldError> errors;

  private ProblemException(int status, String detail, List<Problem.FieldError> errors) {
    super(detail, status);
    this.errors = errors;
  }

  /** 400: one field or parameter of the input is wrong. */
  public static ProblemException invalidBody(String message) {
    return invalid(JsonErrors.BODY, message);
  }

  public static ProblemException invalid(String field, String message) {
    return new ProblemException(
        400, Problem.INVALID_INPUT, List.of(new Problem.FieldError(field, message)));
  }

  /** 400: before there is any field or parameter. */
  public static ProblemException malformed(String detail) {
    return new ProblemException(400, detail, List.of());
  }

  /** 404. */
  public static ProblemException notFound(String detail) {
    return new ProblemException(404, detail, List.of());
  }

  /** 403. */
  public static ProblemException forbidden(String detail) {
    return new ProblemException(403, detail, List.of());
  }

  /** 503. */
  public static ProblemException unavailable() {
    return new ProblemException(503, Problem.detail(503, null), List.of());
  }

  /** 415: not by its media type. */
  public static ProblemException encoded() {
    return new ProblemException(415, "The body must have no Content-Encoding.", List.of());
  }

  /** 412. */
  public static ProblemException preconditionFailed(String detail) {
    return new ProblemException(412, detail, List.of());
  }

  /** 409: the same request may succeed in a moment. */
  public static ProblemException conflict(String detail) {
    return new ProblemException(409, detail, List.of());
  }

  /** 422: well-formed, and at odds with what the client asked for before. */
  public static ProblemException unprocessable(String detail) {
    return new ProblemException(422, detail, List.of());
  }

  List<Problem.FieldError> errors() {
    return errors;
  }
}
