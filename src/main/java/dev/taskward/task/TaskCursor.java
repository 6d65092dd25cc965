package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * A keyset cursor: the position of a task in a list, as its id and its sort key. See {@link
 * CursorText}.
 *
 * @param key the value of the order's key; null if the task has none
 */
record TaskCursor(Object key, long id) {

  /** From here to {@link #MICROS_MAX}, PostgreSQL accepts every time. */
  private static final long MICROS_MIN = micros(LocalDateTime.of(1, 1, 1, 0, 0).minusDays(1));

  private static final long MICROS_MAX = micros(LocalDateTime.of(9999, 12, 31, 0, 0).plusDays(2));

  /**
   * @param list everything that distinguishes the list from others
   */
  static TaskCursor parse(String text, String list, TaskOrder order) {
    ByteBuffer position = CursorText.position(text, list);
    try {
      if (position != null && position.remaining() >= Long.BYTES) {
        long id = position.getLong();
        boolean hasKey = position.hasRemaining();
        Object key = hasKey ? key(position, order.key().kind()) : null;
        if (id > 0 && (hasKey ? key != null : order.hasNulls())) {
          return new TaskCursor(key, id);
        }
      }
    } catch (CharacterCodingException malformed) {
      // the same error as for another list's cursor
    }
    throw ProblemException.invalid("cursor", "is not a cursor of this list");
  }

  /** Null if no task can have this key. */
  private static Object key(ByteBuffer bytes, TaskOrder.Kind kind) throws CharacterCodingException {
    if (kind == TaskOrder.Kind.TEXT) {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      boolean possible =
          text.indexOf('\0') < 0
              && text.codePointCount(0, text.length()) <= 1 + SearchText.TITLE_KEY_MAX;
      return possible ? text.substring(1) : null;
    }
    if (bytes.remaining() != Long.BYTES) {
      return null;
    }
    long number = bytes.getLong();
    if (number < MICROS_MIN || number > MICROS_MAX) {
      return null;
    }
    return switch (kind) {
      case NUMBER -> number;
      case TIME -> Instant.EPOCH.plus(number, ChronoUnit.MICROS);
      default -> {
        LocalDateTime time =
            LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC).plus(number, ChronoUnit.MICROS);
        // Its text has a form that PostgreSQL reads, as each due date has.
        yield time.getYear() < 1 || time.getYear() > 9999 ? null : time;
      }
    };
  }

  /** The key as a parameter of SQL. */
  Object parameter() {
    return key instanceof LocalDateTime ? key.toString() : key;
  }

  String text(String list) {
    byte[] place = place();
    ByteBuffer position = ByteBuffer.allocate(Long.BYTES + place.length).putLong(id).put(place);
    return CursorText.of(position.array(), list);
  }

  /** Nothing for null. A text has a prefix, because it may be empty. */
  private byte[] place() {
    if (key == null) {
      return new byte[0];
    }
    if (key instanceof String text) {
      return ("=" + text).getBytes(StandardCharsets.UTF_8);
    }
    long number =
        key instanceof Instant time
            ? micros(LocalDateTime.ofInstant(time, ZoneOffset.UTC))
            : key instanceof LocalDateTime time ? micros(time) : ((Number) key).longValue();
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static long micros(LocalDateTime time) {
    // ChronoUnit.MICROS counts nanoseconds, whose range ends in the year 2262.
    return time.toEpochSecond(ZoneOffset.UTC) * 1_000_000 + time.getNano() / 1_000;
  }
}
