package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.taskward.conditional.Versioned;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A task as clients see it. Times are UTC. */
@Schema(
    name = "Task",
    requiredProperties = {
      "id",
      "user_id",
      "title",
      "description",
      "due",
      "due_zone",
      "priority",
      "tags",
      "position",
      "metadata",
      "completed",
      "completed_at",
      "deleted",
      "deleted_at",
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
    @Schema(nullable = true, description = TaskDue.DESCRIPTION, examples = "2026-01-13T18:00")
        String due,
    @Schema(nullable = true, description = TaskDue.ZONE_DESCRIPTION, examples = "Europe/Berlin")
        @JsonProperty("due_zone")
        String dueZone,
    @Schema(examples = "high") String priority,
    @Schema(
            description = "Different texts, in the order of the client, in NFC.",
            examples = "[\"shopping\", \"home\"]",
            maxItems = TaskTags.MAX,
            uniqueItems = true)
        List<String> tags,
    @Schema(
            nullable = true,
            description =
                "The place in a manual order, made by the client. It sorts by code point.",
            pattern = "^" + TaskText.POSITION + "$",
            examples = "a0")
        String position,
    @Schema(
            description = "Data of clients, which Taskward does not interpret.",
            examples = "{\"color\": \"green\"}",
            maxProperties = TaskMetadata.KEYS_MAX)
        Map<String, String> metadata,
    @Schema(examples = "false") boolean completed,
    @Schema(
            implementation = String.class,
            format = "date-time",
            readOnly = true,
            nullable = true,
            description = "When the task was completed. Null if it is open." + TaskTime.DESCRIPTION,
            examples = "2026-01-13T17:30:00.000000Z")
        @JsonProperty("completed_at")
        Instant completedAt,
    @Schema(
            readOnly = true,
            examples = "false",
            description =
                "True only with `deleted=true`. Other requests do not find deleted tasks.")
        boolean deleted,
    @Schema(
            implementation = String.class,
            format = "date-time",
            readOnly = true,
            nullable = true,
            description = "When the task was deleted. Null if it is not." + TaskTime.DESCRIPTION,
            examples = "2026-01-14T08:00:00.000000Z")
        @JsonProperty("deleted_at")
        Instant deletedAt,
    @Schema(
            implementation = String.class,
            format = "date-time",
            readOnly = true,
            description = "When the task was created." + TaskTime.DESCRIPTION,
            examples = "2026-01-13T10:00:00.000000Z")
        @JsonProperty("created_at")
        Instant createdAt,
    @Schema(
            implementation = String.class,
            format = "date-time",
            readOnly = true,
            description = "When the task was last changed." + TaskTime.DESCRIPTION,
            examples = "2026-01-13T17:30:00.000000Z")
        @JsonProperty("updated_at")
        Instant updatedAt,
    @Schema(
            implementation = String.class,
            format = "date-time",
            readOnly = true,
            nullable = true,
            description =
                "When a deleted task may be removed permanently. From then on it cannot be"
                    + " restored. Null if the task is not deleted, or never removed."
                    + TaskTime.DESCRIPTION,
            examples = "2026-02-13T08:00:00.000000Z")
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
