package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.Priorities;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Lets in two requests for each thread, and has the others wait here, where they cost least. When
 * more wait than may, the older three quarters are refused, and until nobody waits any more the
 * oldest for each that comes: so nobody waits longer than it takes a quarter of the queue to fill,
 * which is the shorter the more come, and what is answered is answered in time. What waited for
 * long without being pushed out, because nothing moves, is refused too.
 */
@ApplicationScoped
class Overload {

  private static final Logger LOG = Logger.getLogger(Overload.class);

  /**
   * The last filter: who is let in is known, within his limits, and has sent all of his request.
   */
  private static final int PRIORITY = RequestHead.AFTER_AUTHORIZATION - 3;

  /** So that a thread which is done finds its next request ready. */
  private static final int ADMITTED_PER_THREAD = 2;

  /** What is left of the queue in overload: 250 of 1,000 wait for 100 ms if 2,500 a second come. */
  private static final int OVERLOADED_PART = 4;

  private static final String ARRIVED = Overload.class.getName();
  private static final long LOOK_MILLIS = 1_000;

  private record Waiting(RoutingContext request, Context context) {}

  private final Vertx vertx;
  private final int admittedMax;
  private final int waitingMax;
  private final long maxWait;

  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int waitingLimit;
  private int admitted;
  private long refused;
  private long timer;

  Overload(
      Vertx vertx,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.thread-pool.max-threads") int threads,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int waitingMax) {
    this.vertx = vertx;
    this.admittedMax = ADMITTED_PER_THREAD * threads;
    this.waitingMax = waitingMax;
    this.waitingLimit = waitingMax;
    this.maxWait = config.maxQueueTime().toNanos();
  }

  void register(@Observes Filters filters) {
    filters.register(this::admit, PRIORITY);
    timer = vertx.setPeriodic(LOOK_MILLIS, now -> look());
  }

  @PreDestroy
  void stop() {
    vertx.cancelTimer(timer);
  }

  private void admit(RoutingContext request) {
    request.put(ARRIVED, System.nanoTime());
    if (!request.normalizedPath().startsWith("/api/")) { // Dev UI's sockets would never end
      request.next();
      return;
    }
    List<Waiting> oldest;
    synchronized (this) {
      if (admitted == admittedMax) {
        waiting.add(new Waiting(request, vertx.getOrCreateContext()));
        if (waiting.size() <= waitingLimit) {
          return;
        }
        waitingLimit = waitingMax / OVERLOADED_PART;
        oldest = removeWhile(() -> waiting.size() > waitingLimit);
      } else {
        admitted++;
        oldest = null;
      }
    }
    if (oldest == null) {
      start(request);
    } else {
      oldest.forEach(Overload::refuse);
    }
  }

  private void start(RoutingContext request) {
    AtomicBoolean over = new AtomicBoolean();
    Handler<AsyncResult<Void>> end =
        ended -> {
          if (over.compareAndSet(false, true)) {
            startNext();
          }
        };
    request.addEndHandler(end);
    if (request.response().closed()) { // its client gave up, perhaps before there was the handler
      end.handle(null);
    } else {
      request.next();
    }
  }

  private void startNext() {
    Waiting next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        waitingLimit = waitingMax;
        admitted--;
        return;
      }
    }
    next.context.runOnContext(ready -> start(next.request));
  }

  /** On the thread that it waited for, whose last request may have held it for long. */
  @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
  void refuseIfLate(RoutingContext request) {
    if (isLate(request)) {
      throw ProblemException.unavailable();
    }
  }

  private boolean isLate(RoutingContext request) {
    return System.nanoTime() - request.<Long>get(ARRIVED) > maxWait;
  }

  private List<Waiting> removeWhile(BooleanSupplier condition) {
    List<Waiting> removed = new ArrayList<>();
    while (condition.getAsBoolean()) {
      removed.add(waiting.remove());
    }
    refused += removed.size();
    return removed;
  }

  private static void refuse(Waiting late) {
    late.context.runOnContext(now -> ErrorResponses.sendUnlogged(503, late.request));
  }

  /** Refuses what is late, and has one line of the log for all that was refused of late. */
  private void look() {
    List<Waiting> late;
    long count;
    synchronized (this) {
      late = removeWhile(() -> !waiting.isEmpty() && isLate(waiting.peek().request));
      count = refused;
      refused = 0;
    }
    late.forEach(Overload::refuse);
    if (count > 0) {
      LOG.warnf("Overloaded: %d requests were refused", count);
    }
  }
}
