package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a client sends to create a task; every field may be absent. */
@JsonIgnoreProperties({"id", "user_id", "deleted", "created_at", "updated_at"})
@Schema(
    description =
        "A task to create. The read-only fields of a task (`id`, `user_id`, `deleted`, `created_at`,"
            + " `updated_at`) may be sent along and are ignored; any other field is refused.",
    example = "{\"title\": \"Buy milk\", \"description\": \"Two litres, full fat\"}")
public class NewTask {

  private static final String DEFAULT_TITLE = "Untitled task";

  /** A generated title has at most this many code points, the ellipsis included. */
  private static final int GENERATED_TITLE_MAX = 50;

  @TaskText.Title
  @Schema(
      description =
          "Absent or null: made from the first words of the description, else \"Untitled task\".",
      nullable = true,
      minLength = 1,
      maxLength = TaskText.TITLE_MAX)
  public String title;

  @TaskText.Description
  @Schema(nullable = true, maxLength = TaskText.DESCRIPTION_MAX)
  public String description;

  @JsonSetter(nulls = Nulls.FAIL)
  @Schema(defaultValue = "false")
  public boolean completed;

  String titleOrGenerated() {
    if (title != null) {
      return title;
    }
    // One line, without the separators and invisible characters that a title may not consist of.
    String words =
        description == null ? "" : description.replaceAll("[\\p{Z}\\p{C}]+", " ").strip();
    if (words.isEmpty()) {
      return DEFAULT_TITLE;
    }
    if (words.codePointCount(0, words.length()) <= GENERATED_TITLE_MAX) {
      return words;
    }
    String cut = words.substring(0, words.offsetByCodePoints(0, GENERATED_TITLE_MAX - 1));
    int lastSpace = cut.lastIndexOf(' ');
    return (lastSpace > 0 ? cut.substring(0, lastSpace) : cut) + "…";
  }
}
