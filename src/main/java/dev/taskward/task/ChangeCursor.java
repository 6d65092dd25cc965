package dev.taskward.task;

import java.nio.ByteBuffer;

/**
 * A position in the changes of a user's tasks. See {@link CursorText}.
 *
 * @param epoch of the user's counter
 * @param seq the number of the last change that the client has
 * @param start the number of the last change when the client began without a copy. Tasks that did
 *     not change since need no notice of their removal: the client has not seen another state.
 */
record ChangeCursor(long epoch, long seq, long start) {

  /** For the OpenAPI document. */
  static final String EXAMPLE = "BgcICQoLypeBEsobAAAAAAAAAAEAAAAAAAAAKgAAAAAAAAAq";

  /** Of a client without a copy. */
  static final ChangeCursor NONE = new ChangeCursor(0, 0, 0);

  private static final int BYTES = 3 * Long.BYTES;

  /** Null if the text is not a cursor of this user. */
  static ChangeCursor parse(String text, String subject) {
    ByteBuffer numbers = CursorText.position(text, list(subject));
    return numbers != null && numbers.remaining() == BYTES
        ? new ChangeCursor(numbers.getLong(), numbers.getLong(), numbers.getLong())
        : null;
  }

  String text(String subject) {
    ByteBuffer numbers = ByteBuffer.allocate(BYTES).putLong(epoch).putLong(seq).putLong(start);
    return CursorText.of(numbers.array(), list(subject));
  }

  private static String list(String subject) {
    return "changes\0" + subject;
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
