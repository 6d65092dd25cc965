package dev.taskward.task;

import dev.taskward.http.ProblemException;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The id in a path. What is no integer is bad input (400); an integer that is nobody's id, however
 * large, is an unknown id (404), so one beyond 64 bits stands for an id that is never given out.
 */
@Schema(type = SchemaType.INTEGER, format = "int64", examples = "1")
public record TaskId(long value) {

  private static final long NEVER_GIVEN_OUT = 0;

  /** Called by JAX-RS. */
  public static TaskId fromString(String text) {
    if (!text.matches("-?[0-9]+")) {
      throw ProblemException.invalid("id", "must be an integer");
    }
    try {
      return new TaskId(Long.parseLong(text));
    } catch (NumberFormatException beyond64Bits) {
      return new TaskId(NEVER_GIVEN_OUT);
    }
  }
}
