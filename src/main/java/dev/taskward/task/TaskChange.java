package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that changes a task. A field that is absent, and so null here, keeps its value. */
@ReadOnlyFieldsIgnored
@Schema(
    description =
        "The fields to change. An absent field keeps its value. "
            + ReadOnlyFieldsIgnored.DESCRIPTION,
    example = "{\"title\": \"Buy oat milk\", \"description\": null}")
public class TaskChange {

  @JsonSetter(nulls = Nulls.FAIL)
  @TaskText.Title
  @Schema(minLength = 1, maxLength = TaskText.TITLE_MAX)
  public String title;

  /** Null if absent: the value stays. Empty for an explicit null: it is cleared. */
  @Schema(
      description = "Null clears it. If absent, it keeps its value.",
      nullable = true,
      maxLength = TaskText.DESCRIPTION_MAX)
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType") // it has three states
  public Optional<@TaskText.Description String> description;

  @JsonSetter(nulls = Nulls.FAIL)
  public Boolean completed;

  String titleOr(String current) {
    return title == null ? current : title;
  }

  String descriptionOr(String current) {
    return description == null ? current : description.orElse(null);
  }

  boolean completedOr(boolean current) {
    return completed == null ? current : completed;
  }
}
