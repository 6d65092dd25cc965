package dev.taskward.task;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The last line of an export. A file without it was cut.
 *
 * @param end true
 * @param tasks the lines before this one
 * @param cursor of the changes since the start of the export
 */
@RegisterForReflection
record ExportEnd(boolean end, Long tasks, String cursor) {}
