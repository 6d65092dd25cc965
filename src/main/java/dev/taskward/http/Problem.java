package dev.taskward.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The body of every error: problem details of RFC 9457. The type is always {@code about:blank}, so
 * the title is the phrase of the status and the detail says what is wrong with this request.
 *
 * @param traceId what the log has beside every line of this request
 * @param errors for invalid input only: what is wrong with which field or parameter
 */
@RegisterForReflection // written outside of JAX-RS too, where Quarkus does not see it
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@Schema(
    description = "Problem details (RFC 9457).",
    requiredProperties = {"type", "title", "status", "detail", "instance", "trace_id"})
public record Problem(
    @Schema(format = "uri-reference", examples = Problem.TYPE) String type,
    @Schema(examples = "Not Found") String title,
    @Schema(minimum = "400", maximum = "599", examples = "404") int status,
    @Schema(examples = Problem.UNKNOWN_TASK) String detail,
    @Schema(description = "The path of the request.", examples = "/api/v1/tasks/42")
        String instance,
    @Schema(
            description = "The log has it beside every line of this request.",
            pattern = "^[0-9a-f]{32}$",
            examples = "4bf92f3577b34da6a3ce929d0e0e4736")
        @JsonProperty("trace_id")
        String traceId,
    @Schema(description = "For invalid input only.") List<FieldError> errors) {

  public static final String MEDIA_TYPE = "application/problem+json";

  static final String TYPE = "about:blank";

  static final String INVALID_INPUT = "The input is invalid.";

  public static final String UNKNOWN_TASK = "There is no task with this id.";

  public static final String KEY_IN_USE = "A request with this Idempotency-Key is still under way.";

  public static final String KEY_USED = "This Idempotency-Key was used for another request.";

  /** What is wrong with one field or parameter. */
  @RegisterForReflection
  @Schema(requiredProperties = {"field", "message"})
  public record FieldError(
      @Schema(examples = "title") String field,
      @Schema(examples = "must not be blank") String message) {}
}
