package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The id in a path. Text that is no integer is invalid (400). An integer without a task is unknown
 * (404), also beyond 64 bits: it becomes an id that no task has.
 */
@Schema(type = SchemaType.INTEGER, format = "int64", examples = "1")
public record TaskId(long value) {

  /** Every JavaScript client can hold it. */
  static final long MAX = (1L << 53) - 1;

  private static final long UNKNOWN = 0;

  private static final Pattern INTEGER = Pattern.compile("-?[0-9]+");

  /** Called by JAX-RS. */
  public static TaskId fromString(String text) {
    if (!INTEGER.matcher(text).matches()) {
      throw ProblemException.invalid("id", "must be an integer");
    }
    try {
      return new TaskId(Long.parseLong(text));
    } catch (NumberFormatException beyond64Bits) {
      return new TaskId(UNKNOWN);
    }
  }
}
