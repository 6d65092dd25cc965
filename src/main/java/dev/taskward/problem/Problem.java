package dev.taskward.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The body of every error: problem details (RFC 9457). The type is {@code about:blank}, and the
 * title the phrase of the status, unless a client must distinguish the error from others. The
 * detail says what is wrong with this request.
 *
 * @param traceId the id in every log line of this request
 * @param errors for invalid input only
 */
@RegisterForReflection // Quarkus does not see its use outside of JAX-RS
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@Schema(
    description = "Problem details (RFC 9457).",
    requiredProperties = {"type", "title", "status", "detail", "instance", "trace_id"})
public record Problem(
    @Schema(format = "uri-reference", examples = Problem.TYPE) String type,
    @Schema(examples = "Not Found") String title,
    @Schema(minimum = "400", maximum = "599", examples = "404") int status,
    @Schema(examples = "There is nothing at this path.") String detail,
    @Schema(description = "The path of the request.", examples = "/api/v1/unknown") String instance,
    @Schema(
            description = "The id of the request in the log of the service.",
            pattern = "^[0-9a-f]{32}$",
            examples = "4bf92f3577b34da6a3ce929d0e0e4736")
        @JsonProperty("trace_id")
        String traceId,
    @Schema(
            description = "The invalid fields or parameters. Only for invalid input.",
            examples = Problem.ERRORS)
        List<FieldError> errors,
    @Schema(
            description = "The operations that failed. Only for a refused batch.",
            examples =
                "[{\"operation\": 1, \"status\": 412, \"detail\": \"If-Match does not name the"
                    + " current entity tag.\"}]")
        List<Failure> failures,
    @Schema(hidden = true) Object current) { // the resource describes it

  /** The same with the current state. */
  Problem with(Object state) {
    return new Problem(type, title, status, detail, instance, traceId, errors, failures, state);
  }

  public static final String MEDIA_TYPE = "application/problem+json";

  public static final String TYPE = "about:blank";

  /** For the OpenAPI document. */
  private static final String ERRORS =
      "[{\"field\": \"title\", \"message\": \"must not be blank\"}]";

  /** What is wrong with one field or parameter. */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @Schema(requiredProperties = {"field", "message"})
  public record FieldError(
      @Schema(
              minimum = "1",
              examples = "3",
              description = "The line of the body. Only for bodies of several lines.")
          Integer line,
      @Schema(examples = "title") String field,
      @Schema(examples = "must not be blank") String message) {

    /** The field name that stands for the whole body. */
    public static final String BODY = "body";

    public FieldError(String field, String message) {
      this(null, field, message);
    }

    /** The same error of a value that is a part of another one. */
    public FieldError at(String place) {
      return new FieldError(line, field.equals(BODY) ? place : place + "." + field, message);
    }

    /** The same error in one of several lines. */
    public FieldError inLine(int number) {
      return new FieldError(number, field, message);
    }
  }

  /** Why one operation of a batch is not possible. */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @Schema(
      name = "BatchFailure",
      requiredProperties = {"operation", "status", "detail"})
  public record Failure(
      @JsonInclude
          @Schema(
              minimum = "0",
              examples = "1",
              description = "The place of the operation in the request, from 0.")
          int operation,
      @Schema(
              minimum = "400",
              maximum = "499",
              examples = "412",
              description = "The status of the same change in a request of its own.")
          int status,
      @Schema(examples = "If-Match does not name the current entity tag.") String detail,
      @Schema(description = "The invalid fields.", examples = Problem.ERRORS)
          List<FieldError> errors) {}

  static String invalidInput() {
    return "The input is invalid.";
  }

  /** The default detail of a status. */
  static String detail(int status, String method) {
    return switch (status) {
      case 400 -> "The request is malformed.";
      case 401 -> "A valid bearer token is needed.";
      case 403 -> "The token does not permit this request.";
      case 404 -> "There is nothing at this path.";
      case 405 -> method + " is not possible at this path.";
      case 406 -> "None of the media types in Accept can be produced.";
      case 413 -> "The body is too large.";
      case 429 -> "Too many requests. Retry-After has the seconds to wait.";
      case 503 -> "The service is temporarily unavailable. Retry-After has the seconds to wait.";
      case 500 -> "The service failed to process this request. Report it with the trace_id.";
      default -> title(status) + ".";
    };
  }

  /** The phrase of the status (RFC 9110, 15.5). Netty has older phrases for these. */
  static String title(int status) {
    return switch (status) {
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 422 -> "Unprocessable Content";
      default -> HttpResponseStatus.valueOf(status).reasonPhrase();
    };
  }
}
