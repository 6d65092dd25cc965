package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.taskward.problem.ProblemException;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that creates a task. Every field may be absent. */
@ReadOnlyFieldsIgnored
@Schema(
    description = "A task to create. " + ReadOnlyFieldsIgnored.DESCRIPTION,
    example =
        "{\"title\": \"Buy milk\", \"description\": \"Two litres, full fat\", \"due\":"
            + " \"2026-01-13T18:00\", \"due_zone\": \"Europe/Berlin\", \"priority\": \"high\","
            + " \"tags\": [\"shopping\"]}")
public class NewTask {

  @TaskText.Title
  @Schema(
      description =
          "If absent or null, the first words of the description, at most "
              + GeneratedTitle.MAX
              + " characters. Without a description, \""
              + GeneratedTitle.DEFAULT
              + "\".",
      nullable = true,
      minLength = 1,
      maxLength = TaskText.TITLE_MAX,
      examples = "Buy milk")
  public String title;

  @TaskText.Description
  @Schema(nullable = true, maxLength = TaskText.DESCRIPTION_MAX, examples = "Two litres, full fat")
  public String description;

  @JsonSetter(nulls = Nulls.FAIL)
  @Schema(description = "If absent, `false`.", examples = "false")
  public boolean completed;

  @TaskDue.When
  @Schema(nullable = true, description = TaskDue.DESCRIPTION, examples = "2026-01-13T18:00")
  public String due;

  @JsonProperty("due_zone")
  @TaskDue.Zone
  @Schema(nullable = true, description = TaskDue.ZONE_DESCRIPTION, examples = "Europe/Berlin")
  public String dueZone;

  @TaskText.Priority
  @Schema(examples = "high")
  public String priority;

  @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
  @TaskTags.Valid
  @Schema(
      description = "Different texts. They are compared and stored in NFC, in this order.",
      examples = "[\"shopping\", \"home\"]",
      maxItems = TaskTags.MAX,
      uniqueItems = true)
  public List<String> tags = List.of();

  @TaskText.Position
  @Schema(nullable = true, pattern = "^" + TaskText.POSITION + "$", examples = "a0")
  public String position;

  @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
  @TaskMetadata.Valid
  @Schema(
      description =
          "Keys of 1 to 40 characters A-Z, a-z, 0-9, `_`, `.`, `-`. At most 2 KiB together.",
      examples = "{\"color\": \"green\"}",
      maxProperties = TaskMetadata.KEYS_MAX)
  public Map<String, String> metadata = Map.of();

  /**
   * Checks that the fields fit together.
   *
   * @throws ProblemException (400) if they do not
   */
  void check() {
    TaskDue.check(due, dueZone);
    TaskMetadata.merge(Map.of(), metadata);
  }

  String titleOrGenerated() {
    return title == null ? GeneratedTitle.of(description) : title;
  }
}
