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
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Lets in two requests for each thread, and has the others wait here, where they cost least. Beyond
 * capacity the oldest is refused for each that comes, and while that is so the newest is answered
 * first: those who cannot all be answered in time are some answered at once, and the others not at
 * all. What waited for long without being pushed out is refused too.
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

  private static final String ARRIVED = Overload.class.getName();
  private static final long LOOK_MILLIS = 1_000;

  /** How long after a refusal the newest is answered first. */
  private static final long OVERLOAD_NANOS = 1_000_000_000;

  private record Waiting(RoutingContext request, Context context) {}

  private final Vertx vertx;
  private final int admittedMax;
  private final int waitingMax;
  private final long maxWait;

  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int admitted;
  private long refused;
  private long overloadEnds = System.nanoTime();
  private long timer;

  Overload(
      Vertx vertx,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.thread-pool.max-threads") int threads,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int waitingMax) {
    this.vertx = vertx;
    this.admittedMax = ADMITTED_PER_THREAD * threads;
    this.waitingMax = waitingMax;
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
    Waiting oldest = null;
    synchronized (this) {
      if (admitted == admittedMax) {
        waiting.add(new Waiting(request, vertx.getOrCreateContext()));
        if (waiting.size() <= waitingMax) {
          return;
        }
        oldest = waiting.remove();
        refused++;
        overloadEnds = System.nanoTime() + OVERLOAD_NANOS;
      } else {
        admitted++;
      }
    }
    if (oldest == null) {
      start(request);
    } else {
      refuse(oldest);
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
      next = inOverload() ? waiting.pollLast() : waiting.pollFirst();
      if (next == null) {
        admitted--;
        return;
      }
    }
    next.context.runOnContext(ready -> start(next.request));
  }

  private boolean inOverload() {
    return System.nanoTime() - overloadEnds < 0;
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

  private static void refuse(Waiting late) {
    late.context.runOnContext(now -> ErrorResponses.sendUnlogged(503, late.request));
  }

  /** Refuses what is late, and has one line of the log for all that was refused of late. */
  private void look() {
    List<Waiting> late = new ArrayList<>();
    long count;
    synchronized (this) {
      while (!waiting.isEmpty() && isLate(waiting.peek().request)) {
        late.add(waiting.remove());
      }
      count = refused + late.size();
      refused = 0;
    }
    late.forEach(Overload::refuse);
    if (count > 0) {
      LOG.warnf("Overloaded: %d requests were refused", count);
    }
  }
}
