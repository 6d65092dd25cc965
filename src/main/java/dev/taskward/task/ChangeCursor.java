package dev.taskward.task;

import dev.taskward.common.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/**
 * A position in the changes of a user's tasks. It is opaque to clients: base64url of a digest and
 * the numbers. The digest detects a truncated cursor and one of another user. A forged cursor only
 * leads to another position in the user's own changes.
 *
 * @param epoch of the user's counter
 * @param seq the number of the last change that the client has
 * @param start the number of the last change when the client began without a copy. Tasks that did
 *     not change since need no notice of their removal: the client has not seen another state.
 */
record ChangeCursor(long epoch, long seq, long start) {

  /** Of a client without a copy. */
  static final ChangeCursor NONE = new ChangeCursor(0, 0, 0);

  private static final int DIGEST_BYTES = 12;
  private static final int NUMBERS = 3;

  /** Null if the text is not a cursor of this user. */
  static ChangeCursor parse(String text, String subject) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (bytes.length == DIGEST_BYTES + NUMBERS * Long.BYTES) {
        ByteBuffer numbers = ByteBuffer.wrap(bytes, DIGEST_BYTES, NUMBERS * Long.BYTES);
        ChangeCursor cursor =
            new ChangeCursor(numbers.getLong(), numbers.getLong(), numbers.getLong());
        if (cursor.text(subject).equals(text)) {
          return cursor;
        }
      }
    } catch (IllegalArgumentException malformed) {
      // the same result as for another user's cursor
    }
    return null;
  }

  String text(String subject) {
    ByteBuffer numbers = ByteBuffer.allocate(NUMBERS * Long.BYTES);
    numbers.putLong(epoch).putLong(seq).putLong(start);
    MessageDigest digest = Digest.sha256();
    digest.update(("changes\0" + subject).getBytes(StandardCharsets.UTF_8));
    ByteBuffer bytes = ByteBuffer.allocate(DIGEST_BYTES + numbers.capacity());
    bytes.put(Arrays.copyOf(digest.digest(numbers.array()), DIGEST_BYTES)).put(numbers.array());
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /** The position after the last change. */
  static ChangeCursor end(TaskCounter counter) {
    return new ChangeCursor(counter.epoch(), counter.seq(), counter.seq());
  }

  /** The position after a change that is not the last. */
  ChangeCursor after(long change, TaskCounter counter) {
    return new ChangeCursor(counter.epoch(), change, equals(NONE) ? counter.seq() : start);
  }

  /**
   * Whether changes after this position are unknown: a task that the client may have was removed
   * for good, or the counter is another one, or an earlier state of it.
   */
  boolean isGone(TaskCounter counter) {
    return !equals(NONE)
        && (epoch != counter.epoch()
            || seq > counter.seq()
            || counter.floor() > Math.max(seq, start));
  }
}
