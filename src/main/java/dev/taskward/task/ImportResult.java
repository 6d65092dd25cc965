package dev.taskward.task;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What an import did. */
@Schema(requiredProperties = "tasks")
public record ImportResult(
    @Schema(minimum = "0", maximum = "10000", examples = "2", description = "The new tasks.")
        int tasks) {}
