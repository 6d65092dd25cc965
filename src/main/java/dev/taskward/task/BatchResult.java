package dev.taskward.task;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a batch did, in the order of its operations. */
@Schema(requiredProperties = "results")
public record BatchResult(
    @Schema(examples = "[{\"status\": 201, \"id\": 9, \"version\": 1}]") List<Item> results) {

  /** The task after one operation. */
  @Schema(
      name = "BatchResultItem",
      requiredProperties = {"status", "id", "version"})
  public record Item(
      @Schema(
              examples = "201",
              enumeration = {"200", "201", "204"},
              description = "The status of the same change in a request of its own.")
          int status,
      @Schema(minimum = "1", maximum = "9007199254740991", examples = "9") long id,
      @Schema(minimum = "1", examples = "1", description = "As `version` of a task.")
          long version) {}
}
