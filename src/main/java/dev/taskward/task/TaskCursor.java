package dev.taskward.task;

import dev.taskward.http.ProblemException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;

/** The place of a task in the list. Opaque to clients: base64url of two 64-bit numbers. */
record TaskCursor(Instant createdAt, long id) {

  private static final int BYTES = 2 * Long.BYTES;

  static TaskCursor of(Task task) {
    return new TaskCursor(task.createdAt, task.id);
  }

  static TaskCursor parse(String text) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      if (bytes.remaining() == BYTES) {
        long micros = bytes.getLong();
        long id = bytes.getLong();
        if (micros >= 0 && id > 0) { // every task's are; PostgreSQL refuses times long past
          return new TaskCursor(Instant.EPOCH.plus(micros, ChronoUnit.MICROS), id);
        }
      }
    } catch (IllegalArgumentException notBase64) {
      // as wrong as one of another length
    }
    throw ProblemException.invalid("cursor", "is not a cursor of this list");
  }

  @Override
  public String toString() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, createdAt)).putLong(id);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }
}
