package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a client sends to change a task: a field that is absent (null here) keeps its value. */
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

  /** Null: absent, keeps. Empty: an explicit null, clears. */
  @Schema(
      description = "An explicit null clears it.",
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
