package dev.taskward.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.admission.AdmissionQueue.Entry;
import dev.taskward.admission.AdmissionQueue.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The queue admits two entries. Three can wait, for at most one second each. */
class AdmissionQueueTest {

  private static final Duration MAX_WAIT = Duration.ofSeconds(1);

  private long now = 1_000_000_000L;

  private final AdmissionQueue<String> queue = new AdmissionQueue<>(2, 3, MAX_WAIT, () -> now);

  @Test
  void entriesAreAdmittedUntilAllPlacesAreTaken() {
    assertEquals(List.of(true, true, false), isAdmitted(arrive("a", "b", "c")));
    assertEquals(5, queue.capacity());
  }

  @Test
  void aDepartureAdmitsTheOldestThatWaits() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d");

    assertEquals("c", next(depart(entries.get(0))));
    assertEquals("d", next(depart(entries.get(1))));
    assertNull(depart(entries.get(2)).entry());
    assertTrue(arrive("e").get(0).isAdmitted());
  }

  @Test
  void anEntryThatLeavesTheQueueAdmitsNoOther() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d");

    assertNull(depart(entries.get(2)).entry());
    assertEquals("d", next(depart(entries.get(0))));
  }

  @Test
  void aSecondDepartureChangesNothing() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d");
    depart(entries.get(0));

    assertNull(depart(entries.get(0)).entry());
    assertFalse(arrive("e").get(0).isAdmitted());
  }

  @Test
  void aFullQueueShedsTheOldest() {
    arrive("a", "b", "c", "d", "e");

    assertEquals("c", queue.arrive("f").shed().item);
    assertEquals("d", queue.arrive("g").shed().item);
    assertEquals(2, queue.takeShedCount());
    assertEquals(0, queue.takeShedCount());
  }

  @Test
  void afterSheddingTheNewestIsNextUntilASecondPassed() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d", "e", "f"); // sheds c

    assertEquals("f", next(depart(entries.get(0))));
    advance(Duration.ofMillis(999));
    assertEquals("e", next(depart(entries.get(1))));
    arrive("g");
    advance(Duration.ofMillis(1));
    assertEquals("d", next(depart(entries.get(5))));
  }

  @Test
  void anArrivalShedsTheOldestThatWaitedTooLong() {
    arrive("a", "b", "c", "d");
    advance(MAX_WAIT);
    assertNull(queue.arrive("e").shed());
    advance(Duration.ofNanos(1));

    assertEquals("c", queue.arrive("f").shed().item);
  }

  @Test
  void allThatWaitedTooLongAreShedAtOnce() {
    arrive("a", "b", "c", "d");
    advance(Duration.ofMillis(600));
    arrive("e");
    advance(Duration.ofMillis(600));

    assertEquals(List.of("c", "d"), queue.shedLate().stream().map(entry -> entry.item).toList());
    assertEquals(List.of(), queue.shedLate());
    assertEquals(2, queue.takeShedCount());
  }

  @Test
  void theWholeWaitCountsForAnAdmittedEntry() {
    List<Entry<String>> entries = arrive("a", "b", "c");
    advance(MAX_WAIT);
    depart(entries.get(0));
    assertFalse(queue.isLate(entries.get(2)));
    advance(Duration.ofNanos(1));

    assertTrue(queue.isLate(entries.get(2)));
  }

  @Test
  void inACrowdADepartureShedsEntriesOverTheShorterLimit() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d", "e");
    advance(AdmissionQueue.CROWDED_WAIT);
    Outcome<String> inTime = queue.depart(entries.get(0), true, any -> true);
    assertNull(inTime.shed());
    assertEquals("c", inTime.entry().item);
    advance(Duration.ofNanos(1));

    Outcome<String> late = queue.depart(entries.get(1), true, any -> true);
    assertEquals("d", late.shed().item);
    assertEquals("e", late.entry().item);
  }

  @Test
  void theLastThatWaitsIsAdmittedAndNotShed() {
    List<Entry<String>> entries = arrive("a", "b", "c");
    advance(Duration.ofMillis(500));

    Outcome<String> departure = queue.depart(entries.get(0), true, any -> true);
    assertNull(departure.shed());
    assertEquals("c", departure.entry().item);
  }

  @Test
  void withoutACrowdNoEntryIsShedBeforeTheMaximum() {
    List<Entry<String>> entries = arrive("a", "b", "c", "d");
    advance(Duration.ofMillis(500));

    assertNull(depart(entries.get(0)).shed());
  }

  /** Otherwise the entries of one event loop could take all places. */
  @Test
  void nearEntriesArePreferredButOthersGetTheirTurn() {
    AdmissionQueue<String> large = new AdmissionQueue<>(1, 10_000, MAX_WAIT, () -> now);
    Entry<String> current = large.arrive("first").entry();
    large.arrive("far");
    IntStream.range(0, 1_000).forEach(i -> large.arrive("near " + i));
    Predicate<String> isNear = item -> item.startsWith("near");

    List<String> order = new ArrayList<>();
    for (int i = 0; i < 1_001; i++) {
      current = large.depart(current, false, isNear).entry();
      order.add(current.item);
    }
    int turn = order.indexOf("far");
    assertTrue(turn < 500, "after " + turn); // 15/16 to the 500th: once in 10^14 runs
    order.remove(turn);
    assertEquals(IntStream.range(0, 1_000).mapToObj(i -> "near " + i).toList(), order);
  }

  private List<Entry<String>> arrive(String... items) {
    List<Entry<String>> entries = new ArrayList<>();
    for (String item : items) {
      entries.add(queue.arrive(item).entry());
    }
    return entries;
  }

  private Outcome<String> depart(Entry<String> entry) {
    return queue.depart(entry, false, any -> true);
  }

  private static String next(Outcome<String> departure) {
    return departure.entry().item;
  }

  private static List<Boolean> isAdmitted(List<Entry<String>> entries) {
    return entries.stream().map(Entry::isAdmitted).toList();
  }

  private void advance(Duration time) {
    now += time.toNanos();
  }
}
