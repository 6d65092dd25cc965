package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.Priorities;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Lets in eight requests for each thread, and has the others wait here: one more for each thread,
 * and behind those {@link UnreadRequest}s, which cost least. Beyond capacity, when too many wait or
 * too many have to wait for long, the oldest are refused, and while that is so the newest is
 * answered first: those who cannot all be answered in time are some answered at once, and the
 * others not at all.
 */
@ApplicationScoped
class Overload {

  private static final Logger LOG = Logger.getLogger(Overload.class);

  /**
   * So that a thread which is done finds its next request ready, while others of them are still
   * being sent.
   */
  private static final int ADMITTED_PER_THREAD = 8;

  /** The next may be any of so many, and in one of so many cases is the first. */
  private static final int NEAR = 16;

  private static final String ARRIVED = Overload.class.getName();
  private static final long LOOK_MILLIS = 1_000;

  /** How long after a refusal the newest is answered first. */
  private static final long OVERLOAD_NANOS = 1_000_000_000;

  /** Who waited for longer is refused, if more connections ask than find room. */
  private static final long OVERLOAD_WAIT_NANOS = 200_000_000;

  /** A connection that did not ask for so long is idle. */
  private static final long IDLE_NANOS = 5_000_000_000L;

  private enum State {
    WAITING,
    ADMITTED,
    OVER
  }

  private static final class Asked {

    final RoutingContext request;
    final Context context;
    volatile State state = State.WAITING;

    Asked(RoutingContext request, Context context) {
      this.request = request;
      this.context = context;
    }

    boolean isHere() {
      return ((ContextInternal) context).nettyEventLoop().inEventLoop();
    }
  }

  private final Vertx vertx;
  private final int admittedMax;
  private final int readMax;
  private final int waitingMax;
  private final long maxWait;
  private long timer;

  // What follows, and each state, changes in synchronized blocks alone.
  private final Deque<Asked> waiting = new ArrayDeque<>();

  /** They come after those that wait, in order of arrival. */
  private final Deque<UnreadRequest> unread = new ArrayDeque<>();

  /** Those that are open, and when each asked last. */
  private final Map<HttpConnection, AtomicLong> connections = new HashMap<>();

  /** As many were not idle, when that was last looked at. */
  private int asking;

  private int admitted;
  private long refused;
  private long overloadEnds = System.nanoTime();

  Overload(
      Vertx vertx,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.thread-pool.max-threads") int threads,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int waitingMax) {
    this.vertx = vertx;
    // The thread pool takes no more than it has threads and queue.
    this.admittedMax = Math.min(ADMITTED_PER_THREAD * threads, threads + waitingMax);
    this.readMax = threads;
    this.waitingMax = waitingMax;
    this.maxWait = config.maxQueueTime().toNanos();
  }

  void register(@Observes Filters filters) {
    filters.register(this::admit, FilterOrder.OVERLOAD);
    timer = vertx.setPeriodic(LOOK_MILLIS, now -> look());
  }

  @PreDestroy
  void stop() {
    vertx.cancelTimer(timer);
  }

  private void admit(RoutingContext request) {
    long now = System.nanoTime();
    request.put(ARRIVED, now - UnreadRequest.waitedNanos(request));
    if (!request.normalizedPath().startsWith("/api/")) { // Dev UI's sockets would never end
      request.next();
      return;
    }
    Asked asked = new Asked(request, vertx.getOrCreateContext());
    request.addEndHandler(ended -> asked.context.runOnContext(written -> end(asked)));
    HttpConnection connection = request.request().connection();
    Asked oldest = null;
    boolean isNew;
    boolean isAdmitted;
    synchronized (this) {
      AtomicLong last = connections.get(connection);
      isNew = last == null;
      if (isNew) {
        connections.put(connection, new AtomicLong(now));
      } else {
        last.set(now); // no new object, which would live as long as the connection is quiet
      }
      isAdmitted = admitted < admittedMax;
      if (isAdmitted) {
        admitted++;
        asked.state = State.ADMITTED;
      } else {
        waiting.add(asked);
        if (waiting.size() + unread.size() > waitingMax || oldestWaited(maxWait)) {
          oldest = takeOldest();
        }
      }
    }
    if (isNew) {
      forgetWhenClosed(connection);
    }
    if (isAdmitted) {
      request.next();
    } else if (oldest != null) {
      refuse(oldest);
    }
  }

  private void forgetWhenClosed(HttpConnection connection) {
    ((ConnectionBase) connection)
        .closeFuture()
        .onComplete(
            closed -> {
              synchronized (this) {
                connections.remove(connection);
              }
            });
  }

  /**
   * Whether a request is to wait unread, which it is until {@link #readNext} comes to it: others
   * do, or enough wait that were read. In overload none does, for each might be the newest.
   */
  synchronized boolean hasWait(UnreadRequest next) {
    boolean waits =
        (waiting.size() >= readMax || !unread.isEmpty())
            && waiting.size() + unread.size() < waitingMax
            && !inOverload();
    if (waits) {
      unread.add(next);
    }
    return waits;
  }

  synchronized void forget(UnreadRequest gone) {
    unread.remove(gone);
  }

  synchronized int unread() {
    return unread.size();
  }

  /**
   * Has the next one read if there is room. It may turn out not to wait here, as one that is
   * refused, so it calls this again when it was read: while there is room, one is being read.
   */
  void readNext() {
    UnreadRequest next;
    synchronized (this) {
      next = waiting.size() < readMax || inOverload() ? next(unread, UnreadRequest::isHere) : null;
    }
    if (next != null) {
      next.read();
    }
  }

  /**
   * Its answer is written, or its client gave up. When the threads are done with it, its answer may
   * still wait for the connection's event loop; if the next one were let in then, the event loops
   * would fall behind the threads by as many answers as there are connections.
   */
  private void end(Asked asked) {
    UnreadRequest.mayFollow(asked.request, this);
    Asked late = null;
    Asked next = null;
    synchronized (this) {
      if (asked.state == State.WAITING) {
        waiting.remove(asked);
      } else if (asked.state == State.ADMITTED) {
        if (waiting.size() > 1 && moreThanFit() && oldestWaited(OVERLOAD_WAIT_NANOS)) {
          late = takeOldest();
        }
        next = inOverload() ? waiting.pollLast() : next(waiting, Asked::isHere);
        if (next == null) {
          admitted--;
        } else {
          next.state = State.ADMITTED;
        }
      }
      asked.state = State.OVER;
    }
    if (late != null) {
      refuse(late);
    }
    if (next != null) {
      start(next);
    }
    readNext();
  }

  /**
   * The oldest, or one that is hardly younger and belongs to this event loop: another one's thread
   * would have to be woken. The oldest at times, so that no event loop has all the places.
   */
  private static <T> T next(Deque<T> waiting, Predicate<T> isHere) {
    if (ThreadLocalRandom.current().nextInt(NEAR) > 0) {
      Iterator<T> oldest = waiting.iterator();
      for (int i = 0; i < NEAR && oldest.hasNext(); i++) {
        T one = oldest.next();
        if (isHere.test(one)) {
          oldest.remove();
          return one;
        }
      }
    }
    return waiting.poll();
  }

  private static void start(Asked asked) {
    asked.context.runOnContext(
        ready -> {
          if (asked.state == State.ADMITTED) {
            asked.request.next();
          }
        });
  }

  private static void refuse(Asked asked) {
    asked.context.runOnContext(now -> ErrorResponses.sendUnlogged(503, asked.request));
  }

  private boolean inOverload() {
    return System.nanoTime() - overloadEnds < 0;
  }

  private boolean moreThanFit() {
    return Math.min(asking, connections.size()) > admittedMax + waitingMax;
  }

  private boolean oldestWaited(long nanos) {
    return !waiting.isEmpty() && waited(waiting.peek().request) > nanos;
  }

  private Asked takeOldest() {
    refused++;
    overloadEnds = System.nanoTime() + OVERLOAD_NANOS;
    Asked oldest = waiting.remove();
    oldest.state = State.OVER;
    return oldest;
  }

  /** On the thread that it waited for, whose last request may have held it for long. */
  @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
  void refuseIfLate(RoutingContext request) {
    if (waited(request) > maxWait) {
      throw ProblemException.unavailable();
    }
  }

  private static long waited(RoutingContext request) {
    return System.nanoTime() - request.<Long>get(ARRIVED);
  }

  /** Refuses what is late, and has one line of the log for all that was refused of late. */
  private void look() {
    List<Asked> late = new ArrayList<>();
    long count;
    synchronized (this) {
      while (oldestWaited(maxWait)) {
        late.add(takeOldest());
      }
      long now = System.nanoTime();
      asking =
          (int) connections.values().stream().filter(last -> now - last.get() < IDLE_NANOS).count();
      count = refused;
      refused = 0;
    }
    late.forEach(Overload::refuse);
    readNext();
    if (count > 0) {
      LOG.warnf("Overloaded: %d requests were refused", count);
    }
  }
}
