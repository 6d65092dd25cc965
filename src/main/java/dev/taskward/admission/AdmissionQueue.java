package dev.taskward.admission;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Admits a bounded number of entries at a time and makes the others wait, in order of arrival. When
 * the queue is full, or an entry waited too long, it sheds the oldest. Then, until it sheds nothing
 * for {@value #SHEDDING_SECONDS} s, the newest is next: adaptive LIFO (docs/adr/0008-overload.md).
 */
final class AdmissionQueue<T> {

  /** How long after the last shed entry the newest is next. */
  static final int SHEDDING_SECONDS = 1;

  /** An entry that waited longer is shed, if more clients send requests than the queue holds. */
  static final Duration CROWDED_WAIT = Duration.ofMillis(200);

  /** How many of the oldest are candidates. In one of {@value} cases the oldest is next. */
  private static final int NEAR = 16;

  enum State {
    WAITING,
    ADMITTED,
    DONE
  }

  /** One request's place. Its state changes under the queue's monitor. */
  static final class Entry<T> {

    final T item;
    final long arrivedNanos;
    private volatile State state = State.WAITING;

    private Entry(T item, long arrivedNanos) {
      this.item = item;
      this.arrivedNanos = arrivedNanos;
    }

    boolean isAdmitted() {
      return state == State.ADMITTED;
    }
  }

  /**
   * What an arrival or a departure led to.
   *
   * @param entry the one that arrived or, on a departure, the next that is admitted; may be null
   * @param shed the one that has to be refused; may be null
   */
  record Outcome<T>(Entry<T> entry, Entry<T> shed) {}

  private final int admittedMax;
  private final int waitingMax;
  private final long maxWaitNanos;
  private final LongSupplier nanoTime;

  private final Deque<Entry<T>> waiting = new ArrayDeque<>();
  private int admitted;
  private long shedCount;
  private long sheddingEnds;

  AdmissionQueue(int admittedMax, int waitingMax, Duration maxWait, LongSupplier nanoTime) {
    this.admittedMax = admittedMax;
    this.waitingMax = waitingMax;
    this.maxWaitNanos = maxWait.toNanos();
    this.nanoTime = nanoTime;
    this.sheddingEnds = nanoTime.getAsLong();
  }

  /** How many entries it holds at most. */
  int capacity() {
    return admittedMax + waitingMax;
  }

  synchronized Outcome<T> arrive(T item) {
    Entry<T> entry = new Entry<>(item, nanoTime.getAsLong());
    if (admitted < admittedMax) {
      admitted++;
      entry.state = State.ADMITTED;
      return new Outcome<>(entry, null);
    }
    waiting.add(entry);
    boolean sheds = waiting.size() > waitingMax || oldestWaited(maxWaitNanos);
    return new Outcome<>(entry, sheds ? shedOldest() : null);
  }

  /**
   * Ends an entry: its response was written, or its client disconnected.
   *
   * @param isCrowded whether more clients send requests than the queue holds
   * @param isNear prefers entries that need no other thread to wake
   */
  synchronized Outcome<T> depart(Entry<T> entry, boolean isCrowded, Predicate<T> isNear) {
    Entry<T> shed = null;
    Entry<T> next = null;
    if (entry.state == State.WAITING) {
      waiting.remove(entry);
    } else if (entry.state == State.ADMITTED) {
      if (waiting.size() > 1 && isCrowded && oldestWaited(CROWDED_WAIT.toNanos())) {
        shed = shedOldest();
      }
      next = isShedding() ? waiting.pollLast() : pollOldest(isNear);
      if (next == null) {
        admitted--;
      } else {
        next.state = State.ADMITTED;
      }
    }
    entry.state = State.DONE;
    return new Outcome<>(next, shed);
  }

  /** Sheds all entries that waited too long. */
  synchronized List<Entry<T>> shedLate() {
    List<Entry<T>> late = new ArrayList<>();
    while (oldestWaited(maxWaitNanos)) {
      late.add(shedOldest());
    }
    return late;
  }

  /** The number of entries shed since the last call. */
  synchronized long takeShedCount() {
    long count = shedCount;
    shedCount = 0;
    return count;
  }

  boolean isLate(Entry<T> entry) {
    return nanoTime.getAsLong() - entry.arrivedNanos > maxWaitNanos;
  }

  private boolean isShedding() {
    return nanoTime.getAsLong() - sheddingEnds < 0;
  }

  private boolean oldestWaited(long nanos) {
    return !waiting.isEmpty() && nanoTime.getAsLong() - waiting.peek().arrivedNanos > nanos;
  }

  private Entry<T> shedOldest() {
    shedCount++;
    sheddingEnds = nanoTime.getAsLong() + Duration.ofSeconds(SHEDDING_SECONDS).toNanos();
    Entry<T> oldest = waiting.remove();
    oldest.state = State.DONE;
    return oldest;
  }

  /** Takes a near entry, or at random the oldest: no thread's entries take all places. */
  private Entry<T> pollOldest(Predicate<T> isNear) {
    if (ThreadLocalRandom.current().nextInt(NEAR) > 0) {
      Iterator<Entry<T>> oldest = waiting.iterator();
      for (int i = 0; i < NEAR && oldest.hasNext(); i++) {
        Entry<T> entry = oldest.next();
        if (isNear.test(entry.item)) {
          oldest.remove();
          return entry;
        }
      }
    }
    return waiting.poll();
  }
}
