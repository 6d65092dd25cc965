package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The current user. */
@Schema(requiredProperties = {"user_id", "scopes", "expires_at", "tasks", "cursor"})
public record Me(
    @Schema(description = "The subject of the token.", examples = "alice") @JsonProperty("user_id")
        String userId,
    @Schema(description = "The scopes of the token, sorted.", examples = "[\"tasks:read\"]")
        List<String> scopes,
    @Schema(
            implementation = String.class,
            format = "date-time",
            description = "The end of the token's life." + TaskTime.DESCRIPTION,
            examples = "2026-01-13T11:00:00.000000Z")
        @JsonProperty("expires_at")
        Instant expiresAt,
    Tasks tasks,
    @Schema(
            description = "A value of `since` for the changes from now on.",
            examples = ChangeCursor.EXAMPLE)
        String cursor) {

  /** The numbers of the user's tasks. */
  @Schema(
      name = "TaskCounts",
      requiredProperties = {"open", "completed", "deleted", "quota"})
  public record Tasks(
      @Schema(
              minimum = "0",
              description = "Tasks that are neither completed nor deleted.",
              examples = "12")
          long open,
      @Schema(minimum = "0", description = "Completed tasks that are not deleted.", examples = "30")
          long completed,
      @Schema(
              minimum = "0",
              description = "Deleted tasks that are not removed yet.",
              examples = "1")
          long deleted,
      @Schema(
              minimum = "1",
              description = "The most tasks that the user may have, deleted ones included.",
              examples = "100000")
          long quota) {}
}
