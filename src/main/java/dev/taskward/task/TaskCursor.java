package dev.taskward.task;

import dev.taskward.common.Digest;
import dev.taskward.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;

/**
 * A keyset cursor: the position of a task in a list. It is opaque to clients: base64url of a
 * digest, the id and the sort key.
 *
 * <p>The digest of list and position detects a truncated cursor and one of another list. A forged
 * cursor only leads to another position in the user's own list.
 *
 * @param key the value of the order's key; null if the task has none
 */
record TaskCursor(Object key, long id) {

  private static final int DIGEST_BYTES = 12;

  /** From here to {@link #MICROS_MAX}, PostgreSQL accepts every time. */
  private static final long MICROS_MIN = micros(LocalDateTime.of(1, 1, 1, 0, 0).minusDays(1));

  private static final long MICROS_MAX = micros(LocalDateTime.of(9999, 12, 31, 0, 0).plusDays(2));

  /**
   * @param list everything that distinguishes the list from others
   */
  static TaskCursor parse(String text, String list, TaskOrder order) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      byte[] digest = new byte[DIGEST_BYTES];
      if (bytes.remaining() >= DIGEST_BYTES + Long.BYTES) {
        byte[] expected = digest(list, bytes.get(digest).slice());
        long id = bytes.getLong();
        boolean hasKey = bytes.hasRemaining();
        Object key = hasKey ? key(bytes, order.key().kind()) : null;
        if (Arrays.equals(digest, expected)
            && id > 0
            && (hasKey ? key != null : order.hasNulls())) {
          return new TaskCursor(key, id);
        }
      }
    } catch (IllegalArgumentException | CharacterCodingException malformed) {
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
    ByteBuffer bytes = ByteBuffer.allocate(DIGEST_BYTES + Long.BYTES + place.length);
    bytes.position(DIGEST_BYTES).putLong(id).put(place);
    bytes.put(0, digest(list, bytes.slice(DIGEST_BYTES, Long.BYTES + place.length)));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
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
            ? ChronoUnit.MICROS.between(Instant.EPOCH, time)
            : key instanceof LocalDateTime time ? micros(time) : ((Number) key).longValue();
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static long micros(LocalDateTime time) {
    return ChronoUnit.MICROS.between(LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC), time);
  }

  private static byte[] digest(String list, ByteBuffer place) {
    MessageDigest digest = Digest.sha256();
    digest.update(list.getBytes(StandardCharsets.UTF_8));
    digest.update(place);
    return Arrays.copyOf(digest.digest(), DIGEST_BYTES);
  }
}
