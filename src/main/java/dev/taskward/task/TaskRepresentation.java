package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.taskward.conditional.Versioned;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A task as clients see it. Times are UTC. */
@Schema(
    name = "Task",
    requiredProperties = {
      "id",
      "user_id",
      "title",
      "description",
      "completed",
      "deleted",
      "created_at",
      "updated_at",
      "purge_at",
      "version"
    })
public record TaskRepresentation(
    @Schema(minimum = "1", maximum = "9007199254740991", examples = "1", readOnly = true) long id,
    @Schema(
            description = "The subject of the token that created the task.",
            examples = "alice",
            readOnly = true)
        @JsonProperty("user_id")
        String userId,
    @Schema(minLength = 1, maxLength = TaskText.TITLE_MAX, examples = "Buy milk") String title,
    @Schema(
            nullable = true,
            maxLength = TaskText.DESCRIPTION_MAX,
            examples = "Two litres, full fat")
        String description,
    @Schema(examples = "false") boolean completed,
    @Schema(
            readOnly = true,
            examples = "false",
            description = "True only in a list of deleted tasks. Other requests do not find them.")
        boolean deleted,
    @Schema(readOnly = true) @JsonProperty("created_at") Instant createdAt,
    @Schema(readOnly = true) @JsonProperty("updated_at") Instant updatedAt,
    @Schema(
            readOnly = true,
            nullable = true,
            description =
                "When a deleted task may be removed permanently. From then on it cannot be"
                    + " restored. Null if the task is not deleted, or never removed.")
        @JsonProperty("purge_at")
        Instant purgeAt,
    @Schema(
            readOnly = true,
            minimum = "1",
            examples = "1",
            description =
                "Increases with every change. In double quotes it is the entity tag (`ETag`) for"
                    + " `If-Match`.")
        long version)
    implements Versioned {}
