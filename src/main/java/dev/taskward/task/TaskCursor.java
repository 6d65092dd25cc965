package dev.taskward.task;

import dev.taskward.common.Digest;
import dev.taskward.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
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
 * @param key a time, or a title if the list is sorted by title
 */
record TaskCursor(Object key, long id) {

  private static final int DIGEST_BYTES = 12;

  /**
   * @param list everything that distinguishes the list from others
   */
  static TaskCursor parse(String text, String list, TaskOrder order) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      byte[] digest = new byte[DIGEST_BYTES];
      if (bytes.remaining() > DIGEST_BYTES + Long.BYTES) {
        byte[] expected = digest(list, bytes.get(digest).slice());
        long id = bytes.getLong();
        Object key = order.key() == TaskOrder.Key.TITLE ? title(bytes) : time(bytes);
        if (Arrays.equals(digest, expected) && id > 0 && key != null) {
          return new TaskCursor(key, id);
        }
      }
    } catch (IllegalArgumentException | CharacterCodingException malformed) {
      // the same error as for another list's cursor
    }
    throw ProblemException.invalid("cursor", "is not a cursor of this list");
  }

  /** Null before 1970: no task is that old, and PostgreSQL refuses some of these times. */
  private static Instant time(ByteBuffer bytes) {
    if (bytes.remaining() != Long.BYTES) {
      return null;
    }
    long micros = bytes.getLong();
    return micros < 0 ? null : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static String title(ByteBuffer bytes) throws CharacterCodingException {
    String title = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    boolean possible =
        title.indexOf('\0') < 0 && title.codePointCount(0, title.length()) <= TaskText.TITLE_MAX;
    return possible ? title : null;
  }

  String text(String list) {
    byte[] place =
        key instanceof Instant time
            ? ByteBuffer.allocate(Long.BYTES)
                .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, time))
                .array()
            : ((String) key).getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(DIGEST_BYTES + Long.BYTES + place.length);
    bytes.position(DIGEST_BYTES).putLong(id).put(place);
    bytes.put(0, digest(list, bytes.slice(DIGEST_BYTES, Long.BYTES + place.length)));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  private static byte[] digest(String list, ByteBuffer place) {
    MessageDigest digest = Digest.sha256();
    digest.update(list.getBytes(StandardCharsets.UTF_8));
    digest.update(place);
    return Arrays.copyOf(digest.digest(), DIGEST_BYTES);
  }
}
