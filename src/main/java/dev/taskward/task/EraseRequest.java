package dev.taskward.task;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that confirms an erasure. */
@Schema(
    example = "{\"confirm\": \"erase\"}",
    requiredProperties = "confirm",
    additionalProperties = Schema.False.class)
public class EraseRequest {

  private static final String MESSAGE = "must be \"erase\"";

  @NotNull(message = MESSAGE)
  @Pattern(regexp = "erase", message = MESSAGE)
  @Schema(enumeration = "erase", examples = "erase")
  public String confirm;
}
