package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeCursorTest {

  final ChangeCursor cursor = new ChangeCursor(77, 20, 5);

  @Test
  void itsTextIsReadAgain() {
    assertEquals(cursor, ChangeCursor.parse(cursor.text("alice"), "alice"));
    assertEquals(ChangeCursor.NONE, ChangeCursor.parse(ChangeCursor.NONE.text("alice"), "alice"));
  }

  @Test
  void anotherUsersCursorIsNone() {
    assertNull(ChangeCursor.parse(cursor.text("alice"), "bob"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "now", "AAAA", "====", "Grüße"})
  void anotherTextIsNone(String text) {
    assertNull(ChangeCursor.parse(text, "alice"));
  }

  @Test
  void aChangedTextIsNone() {
    String text = cursor.text("alice");

    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == 'A' ? 'B' : 'A';
      String changed = text.substring(0, i) + other + text.substring(i + 1);
      assertNull(ChangeCursor.parse(changed, "alice"), changed);
      assertNull(ChangeCursor.parse(text.substring(0, i), "alice"), text.substring(0, i));
    }
    assertNull(ChangeCursor.parse(text + "=", "alice"));
  }

  @ParameterizedTest(name = "epoch {0}, change {1}, floor {2}: gone {3}")
  @CsvSource({
    "77, 20,  0, false",
    "77, 30, 20, false",
    "77, 30, 21, true", // a task that changed after the cursor was removed
    "78, 30,  0, true", // another counter
    "77, 19,  0, true", // an earlier state of the counter
  })
  void itIsGoneIfChangesAfterItAreUnknown(long epoch, long seq, long floor, boolean gone) {
    assertEquals(gone, cursor.isGone(new TaskCounter(epoch, seq, floor, 0, 0, 0)));
  }

  @Test
  void aClientWithoutCopyNeedsNoNoticeOfEarlierRemovals() {
    TaskCounter counter = new TaskCounter(77, 30, 25, 0, 0, 0);
    ChangeCursor page = ChangeCursor.NONE.after(3, counter);

    assertFalse(ChangeCursor.NONE.isGone(counter));
    assertFalse(page.isGone(counter));
    assertFalse(page.after(4, new TaskCounter(77, 40, 30, 0, 0, 0)).isGone(counter));
    assertTrue(page.isGone(new TaskCounter(77, 40, 31, 0, 0, 0)));
  }

  @Test
  void theEndOfNoChangesIsTheBeginning() {
    assertEquals(ChangeCursor.NONE, ChangeCursor.end(TaskCounter.NONE));
  }
}
