package dev.taskward.task;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A page of changes as clients see it. */
@Schema(requiredProperties = {"changes", "cursor", "more"})
public record TaskChanges(
    @Schema(
            description =
                "The current state of each task that changed, in the order of their last changes."
                    + " Deleted tasks have `deleted: true`.")
        List<TaskRepresentation> changes,
    @Schema(
            description = "The value of `since` for the next request. It is opaque.",
            examples = ChangeCursor.EXAMPLE)
        String cursor,
    @Schema(description = "Whether there are more changes now.", examples = "false")
        boolean more) {}
