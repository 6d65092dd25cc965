package dev.taskward.admission;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Counts the connections that sent a request within the last {@value #ACTIVE_SECONDS} s. */
final class ActiveConnections {

  private static final int ACTIVE_SECONDS = 5;

  /** The time of each open connection's last request. */
  private final Map<Object, AtomicLong> connections = new ConcurrentHashMap<>();

  private final LongSupplier nanoTime;
  private volatile int active;

  ActiveConnections(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void requested(Object connection, Future<Void> closes) {
    AtomicLong last = connections.get(connection);
    if (last != null) {
      last.set(nanoTime.getAsLong()); // no new object, which would live as long as the connection
      return;
    }
    connections.put(connection, new AtomicLong(nanoTime.getAsLong()));
    closes.onComplete(closed -> connections.remove(connection));
  }

  /** As of the last {@link #update}, without those that closed since. */
  int count() {
    return Math.min(active, connections.size());
  }

  void update() {
    long now = nanoTime.getAsLong();
    long activeNanos = Duration.ofSeconds(ACTIVE_SECONDS).toNanos();
    active =
        (int) connections.values().stream().filter(last -> now - last.get() < activeNanos).count();
  }
}
