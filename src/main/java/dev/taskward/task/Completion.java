package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that sets the completed flag instead of flipping it. */
@ReadOnlyFieldsIgnored
@Schema(example = "{\"completed\": true}")
public class Completion {

  @JsonSetter(nulls = Nulls.FAIL)
  @Schema(description = "The new value. If absent, the flag is flipped.", examples = "true")
  public Boolean completed;
}
