package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The id in a path. What is no integer is bad input (400); an integer that is nobody's id, however
 * large, is an unknown id (404), so one beyond 64 bits stands for an id that is never given out.
 */
@Schema(type = SchemaType.INTEGER, format = "int64", examples = "1")
public record TaskId(long value) {

  private static final long NEVER_GIVEN_OUT = 0;

  private static final Pattern INTEGER = Pattern.compile("-?[0-9]+");

  /** Called by JAX-RS. */
  public static TaskId fromString(String text) {
    if (!INTEGER.matcher(text).matches()) {
      throw ProblemException.invalid("id", "must be an integer");
    }
    try {
      return new TaskId(Long.parseLong(text));
    } catch (NumberFormatException beyond64Bits) {
      return new TaskId(NEVER_GIVEN_OUT);
    }
  }
}
