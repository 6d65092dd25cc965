package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body that creates a task. Every field may be absent. */
@ReadOnlyFieldsIgnored
@Schema(
    description = "A task to create. " + ReadOnlyFieldsIgnored.DESCRIPTION,
    example = "{\"title\": \"Buy milk\", \"description\": \"Two litres, full fat\"}")
public class NewTask {

  private static final String DEFAULT_TITLE = "Untitled task";

  /** A generated title has at most this many code points, the ellipsis included. */
  private static final int GENERATED_TITLE_MAX = 50;

  private static final Pattern VISIBLE = Pattern.compile(TaskText.VISIBLE);

  @TaskText.Title
  @Schema(
      description =
          "If absent or null, the first words of the description, at most "
              + GENERATED_TITLE_MAX
              + " characters. Without a description, \""
              + DEFAULT_TITLE
              + "\".",
      nullable = true,
      minLength = 1,
      maxLength = TaskText.TITLE_MAX)
  public String title;

  @TaskText.Description
  @Schema(nullable = true, maxLength = TaskText.DESCRIPTION_MAX)
  public String description;

  @JsonSetter(nulls = Nulls.FAIL)
  @Schema(description = "If absent, `false`.")
  public boolean completed;

  String titleOrGenerated() {
    if (title != null) {
      return title;
    }
    // One line, without a byte order mark at its ends.
    String words =
        description == null
            ? ""
            : description
                .replaceAll("[\\p{Z}\\p{Cc}]+", " ")
                .replaceAll("^[ \\x{FEFF}]+|[ \\x{FEFF}]+$", "");
    if (!VISIBLE.matcher(words).find()) {
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
