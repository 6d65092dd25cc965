package dev.taskward.task;

import dev.taskward.common.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/**
 * The text of a cursor, which is opaque to clients: base64url of a digest and the position. The
 * digest detects a truncated cursor and one of another list. A forged cursor only leads to another
 * position in the user's own list.
 */
final class CursorText {

  private static final int DIGEST_BYTES = 12;

  /**
   * @param list everything that distinguishes the list from others, with its user
   */
  static String of(byte[] position, String list) {
    byte[] bytes = new byte[DIGEST_BYTES + position.length];
    System.arraycopy(digest(list, position), 0, bytes, 0, DIGEST_BYTES);
    System.arraycopy(position, 0, bytes, DIGEST_BYTES, position.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The position; null if the text is not a cursor of this list. */
  static ByteBuffer position(String text, String list) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (bytes.length > DIGEST_BYTES) {
        byte[] position = Arrays.copyOfRange(bytes, DIGEST_BYTES, bytes.length);
        if (of(position, list).equals(text)) { // in its one spelling
          return ByteBuffer.wrap(position);
        }
      }
    } catch (IllegalArgumentException malformed) {
      // the same result as for another list's cursor
    }
    return null;
  }

  private static byte[] digest(String list, byte[] position) {
    MessageDigest digest = Digest.sha256();
    digest.update(list.getBytes(StandardCharsets.UTF_8));
    digest.update(position);
    return Arrays.copyOf(digest.digest(), DIGEST_BYTES);
  }

  private CursorText() {}
}
