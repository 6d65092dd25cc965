package dev.taskward.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The state of one export: where the next page begins. A task has the same place in the order of
 * creation for its whole life, so each comes once, however tasks change meanwhile.
 */
final class TaskExport {

  /** Tasks that are read at once. At most one page waits in memory. */
  static final int PAGE = 200;

  /** After this time without a page nobody takes the export any more. */
  private static final Duration ABANDONED = Duration.ofSeconds(60);

  private final ObjectMapper json;
  private final String cursor;
  private final LongSupplier nanoTime;

  private Instant createdAt = Instant.parse("-1000-01-01T00:00:00Z"); // before any task
  private long id;
  private long count;
  private boolean complete;
  private volatile long takenAt;

  /**
   * @param cursor of the changes since the start of the export
   */
  TaskExport(ObjectMapper json, String cursor, LongSupplier nanoTime) {
    this.json = json;
    this.cursor = cursor;
    this.nanoTime = nanoTime;
    this.takenAt = nanoTime.getAsLong();
  }

  /**
   * The lines of the next page; empty after the last page. Quarkus adds the last line break, as
   * after every item of newline-delimited JSON.
   */
  byte[] next() {
    takenAt = nanoTime.getAsLong();
    if (complete) {
      return new byte[0];
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    List<TaskRepresentation> page = Task.export(createdAt, id, PAGE);
    for (TaskRepresentation task : page) {
      addLine(task, lines);
      createdAt = task.createdAt();
      id = task.id();
    }
    count += page.size();
    complete = page.size() < PAGE;
    if (complete) {
      addLine(new ExportEnd(true, count, cursor), lines);
    }
    return lines.toByteArray();
  }

  private void addLine(Object value, ByteArrayOutputStream lines) {
    try {
      if (lines.size() > 0) {
        lines.write('\n');
      }
      lines.writeBytes(json.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean isAbandoned() {
    return nanoTime.getAsLong() - takenAt > ABANDONED.toNanos();
  }
}
