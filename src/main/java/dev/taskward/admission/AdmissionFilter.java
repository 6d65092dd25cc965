package dev.taskward.admission;

import dev.taskward.admission.AdmissionQueue.Entry;
import dev.taskward.admission.AdmissionQueue.Outcome;
import dev.taskward.common.StreamedResponse;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.ProblemException;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Holds requests in the {@link AdmissionQueue} until a worker thread is about to be free. It
 * returns 503 to those that the queue sheds. A request departs when its event loop has written the
 * response, or the head of an event stream. If it departed earlier, event loops would fall behind
 * the threads.
 */
@ApplicationScoped
class AdmissionFilter implements RequestFilters {

  private static final Logger LOG = Logger.getLogger(AdmissionFilter.class);

  /** A thread finds its next request ready while event loops write other responses. */
  private static final int ADMITTED_PER_THREAD = 8;

  private static final String ENTRY = AdmissionFilter.class.getName();
  private static final long CHECK_MILLIS = 1_000;

  private record Waiting(RoutingContext request, Context context) {

    /** Vert.x has no public way to ask which event loop a context belongs to. */
    boolean isOnThisEventLoop() {
      return ((ContextInternal) context).nettyEventLoop().inEventLoop();
    }
  }

  private final Vertx vertx;
  private final AdmissionQueue<Waiting> queue;
  private final ActiveConnections connections = new ActiveConnections(System::nanoTime);
  private long timer;

  AdmissionFilter(
      Vertx vertx,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.thread-pool.max-threads") int threads,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int waitingMax) {
    this.vertx = vertx;
    this.queue =
        new AdmissionQueue<>(
            admittedMax(threads, waitingMax), waitingMax, config.maxQueueTime(), System::nanoTime);
  }

  /** The thread pool accepts no more than its threads and its queue. */
  static int admittedMax(int threads, int poolQueue) {
    return Math.min(ADMITTED_PER_THREAD * threads, threads + poolQueue);
  }

  void start(@Observes StartupEvent start) {
    timer = vertx.setPeriodic(CHECK_MILLIS, now -> check());
  }

  @PreDestroy
  void stop() {
    vertx.cancelTimer(timer);
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(Stage.ADMISSION, this::admit);
  }

  private void admit(RoutingContext request) {
    if (request.normalizedPath().startsWith("/q/")) { // Dev UI's sockets would never depart
      request.next();
      return;
    }
    // An HttpConnection has one close handler, which Quarkus may use. The future takes any number.
    ConnectionBase connection = (ConnectionBase) request.request().connection();
    connections.requested(connection, connection.closeFuture());
    Waiting waiting = new Waiting(request, vertx.getOrCreateContext());
    Outcome<Waiting> arrival = queue.arrive(waiting);
    Entry<Waiting> entry = arrival.entry();
    request.put(ENTRY, entry);
    request.addEndHandler(ended -> waiting.context.runOnContext(written -> depart(entry)));
    request.addHeadersEndHandler(
        written -> {
          if (StreamedResponse.is(request)) {
            waiting.context.runOnContext(later -> depart(entry));
          }
        });
    if (arrival.shed() != null) {
      refuse(arrival.shed());
    }
    if (entry.isAdmitted()) {
      request.next();
    }
  }

  private void depart(Entry<Waiting> entry) {
    boolean isCrowded = connections.count() > queue.capacity();
    Outcome<Waiting> departure = queue.depart(entry, isCrowded, Waiting::isOnThisEventLoop);
    if (departure.shed() != null) {
      refuse(departure.shed());
    }
    if (departure.entry() != null) {
      start(departure.entry());
    }
  }

  private static void start(Entry<Waiting> entry) {
    entry.item.context.runOnContext(
        ready -> {
          if (entry.isAdmitted()) { // its client may have disconnected
            entry.item.request.next();
          }
        });
  }

  private static void refuse(Entry<Waiting> entry) {
    entry.item.context.runOnContext(now -> ErrorResponses.sendUnlogged(503, entry.item.request));
  }

  /** Checks again on the worker thread, which an earlier request may have held for long. */
  @ServerRequestFilter(priority = Stage.LATE)
  void refuseIfLate(RoutingContext request) {
    Entry<Waiting> entry = request.get(ENTRY);
    if (entry != null && queue.isLate(entry)) {
      throw ProblemException.unavailable();
    }
  }

  /** Sheds late requests, and logs one line for all that were shed since. */
  private void check() {
    queue.shedLate().forEach(AdmissionFilter::refuse);
    connections.update();
    long shed = queue.takeShedCount();
    if (shed > 0) {
      LOG.warnf("Overloaded: %d requests were refused", shed);
    }
  }
}
