package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.taskward.problem.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that changes a task. A field that is absent, and so null here, keeps its value. */
@ReadOnlyFieldsIgnored
@Schema(
    description =
        "The fields to change. An absent field keeps its value. "
            + ReadOnlyFieldsIgnored.DESCRIPTION,
    example =
        "{\"title\": \"Buy oat milk\", \"description\": null, \"priority\": \"urgent\", \"metadata\":"
            + " {\"color\": \"green\"}}")
public class TaskChange {

  @JsonSetter(nulls = Nulls.FAIL)
  @TaskText.Title
  @Schema(minLength = 1, maxLength = TaskText.TITLE_MAX, examples = "Buy oat milk")
  public String title;

  /** Null if absent: the value stays. Empty for an explicit null: it is cleared. */
  @Schema(
      description = "Null clears it. If absent, it keeps its value.",
      nullable = true,
      maxLength = TaskText.DESCRIPTION_MAX,
      examples = "Two litres, full fat")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType") // it has three states
  public Optional<@TaskText.Description String> description;

  @JsonSetter(nulls = Nulls.FAIL)
  @Schema(examples = "true")
  public Boolean completed;

  @Schema(
      description = "Null clears `due_zone`, too. " + TaskDue.DESCRIPTION,
      nullable = true,
      examples = "2026-01-13T18:00")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskDue.When String> due;

  @JsonProperty("due_zone")
  @Schema(nullable = true, description = TaskDue.ZONE_DESCRIPTION, examples = "Europe/Berlin")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskDue.Zone String> dueZone;

  @Schema(examples = "urgent")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskText.Priority String> priority;

  @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
  @TaskTags.Valid
  @Schema(
      description = "Replaces all tags. They are compared and stored in NFC, in this order.",
      examples = "[\"shopping\", \"home\"]",
      maxItems = TaskTags.MAX,
      uniqueItems = true)
  public List<String> tags;

  @Schema(nullable = true, pattern = "^" + TaskText.POSITION + "$", examples = "a0")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskText.Position String> position;

  /** Empty for an explicit null. */
  @Schema(
      description =
          "`PUT` replaces the object. A merge patch changes its keys: null removes a key, or all.",
      nullable = true,
      examples = "{\"color\": \"green\"}")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskMetadata.Valid Map<String, String>> metadata;

  String titleOr(String current) {
    return title == null ? current : title;
  }

  boolean completedOr(boolean current) {
    return completed == null ? current : completed;
  }

  /** The value after the change. A null Optional means that the field is absent. */
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  static <T> T or(Optional<T> field, T current) {
    return field == null ? current : field.orElse(null);
  }

  /** The metadata after a merge patch (RFC 7396). */
  Map<String, String> mergeInto(Map<String, String> current) {
    return metadata == null
        ? current
        : metadata.map(patch -> TaskMetadata.merge(current, patch)).orElse(Map.of());
  }

  /** The metadata after a PUT. */
  Map<String, String> replace(Map<String, String> current) {
    return metadata == null ? current : TaskMetadata.merge(Map.of(), metadata.get());
  }

  /** For PUT, which replaces the metadata and has no nulls in it. */
  void requireNoNullsInMetadata() {
    if (metadata != null && (metadata.isEmpty() || metadata.get().containsValue(null))) {
      throw ProblemException.invalid("metadata", "must be an object of strings, without null");
    }
  }
}
