package dev.taskward.admission;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the connections that sent a request within the last {@value #ACTIVE_SECONDS} s. */
final class ActiveConnections {

  private static final int ACTIVE_SECONDS = 5;

  /** The time of each open connection's last request. */
  private final Map<HttpConnection, AtomicLong> connections = new ConcurrentHashMap<>();

  private volatile int active;

  void requested(HttpConnection connection) {
    AtomicLong last = connections.get(connection);
    if (last != null) {
      last.set(System.nanoTime()); // no new object, which would live as long as the connection
      return;
    }
    connections.put(connection, new AtomicLong(System.nanoTime()));
    // HttpConnection has one close handler, which Quarkus may use; the future takes any number.
    ((ConnectionBase) connection)
        .closeFuture()
        .onComplete(closed -> connections.remove(connection));
  }

  /** As of the last {@link #update}, less those that were closed. */
  int count() {
    return Math.min(active, connections.size());
  }

  void update() {
    long now = System.nanoTime();
    long activeNanos = Duration.ofSeconds(ACTIVE_SECONDS).toNanos();
    active =
        (int) connections.values().stream().filter(last -> now - last.get() < activeNanos).count();
  }
}
