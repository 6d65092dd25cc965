package dev.taskward.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.auth.CurrentUser;
import dev.taskward.common.ApiResource;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ProblemException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * The open streams of this instance. A change by a request of this instance wakes the streams of
 * its user at once. For changes by other instances it asks the database once an interval, in one
 * statement, for the numbers of all users with streams. Both are hints: a stream that wakes reads
 * the changes after its position.
 */
@ApplicationScoped
class ChangeStreams {

  private static final Logger LOG = Logger.getLogger(ChangeStreams.class);

  private static final int USER_MAX = 10;

  private static final long TICK_MILLIS = 1_000;

  private record Open(ChangeStream stream, RoutingContext request, Instant expires) {}

  private final TaskwardConfig.Changes config;
  private final CurrentUser user;
  private final UserReads reads;
  private final ChangeHeads heads;
  private final ObjectMapper json;
  private final Vertx vertx;
  private final Map<String, Set<Open>> byUser = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private volatile boolean stopping;
  private long timer;

  ChangeStreams(
      TaskwardConfig config,
      @PersistenceUnitExtension CurrentUser user,
      UserReads reads,
      ChangeHeads heads,
      ObjectMapper json,
      Vertx vertx,
      MeterRegistry metrics) {
    this.config = config.changes();
    this.user = user;
    this.reads = reads;
    this.heads = heads;
    this.json = json;
    this.vertx = vertx;
    Gauge.builder("taskward.streams", count::get)
        .description("Open streams of changes")
        .register(metrics);
  }

  /**
   * Opens a stream of the current user.
   *
   * @param since null for the end of the changes
   * @throws ProblemException (410) if changes after the cursor are unknown, (429) if the user has
   *     too many streams, (503) if the instance has
   */
  Multi<OutboundSseEvent> open(ChangeCursor since, RoutingContext request, Sse sse) {
    if (stopping || count.get() >= config.maxStreams()) {
      throw ProblemException.unavailable();
    }
    ChangeStream stream =
        new ChangeStream(
            reads.user(),
            Task.changes(since, ChangeStream.PAGE),
            sse,
            this::read,
            this::json,
            System::nanoTime);
    Open open = new Open(stream, request, user.expiresAt());
    String name = user.subject();
    admit(name, open);
    return stream.events().onTermination().invoke(() -> close(name, open));
  }

  private void admit(String user, Open open) {
    if (stopping || count.incrementAndGet() > config.maxStreams()) {
      count.decrementAndGet();
      throw ProblemException.unavailable();
    }
    byUser.compute(
        user,
        (name, streams) -> {
          Set<Open> all = streams == null ? ConcurrentHashMap.newKeySet() : streams;
          if (all.size() >= USER_MAX) {
            count.decrementAndGet();
            SecurityLog.note(
                open.request, SecurityLog.Event.RATE_LIMITED, "too many streams of this user");
            throw ProblemException.tooMany(
                "The user has %d open streams of changes.".formatted(USER_MAX));
          }
          all.add(open);
          return all;
        });
    if (stopping) { // since it was checked
      open.stream.end(ChangeStream.End.RESTART);
    }
  }

  private void close(String user, Open open) {
    byUser.computeIfPresent(
        user,
        (name, streams) -> {
          if (streams.remove(open)) {
            count.decrementAndGet();
          }
          return streams.isEmpty() ? null : streams;
        });
  }

  private Uni<ChangePage> read(ChangeStream stream) {
    return reads.read(stream.user(), () -> Task.changes(stream.position(), ChangeStream.PAGE));
  }

  private String json(TaskRepresentation task) {
    try {
      return json.writeValueAsString(task);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Wakes the streams of a user who may have changed a task. */
  @ServerResponseFilter
  void changed(ContainerRequestContext request, ContainerResponseContext response) {
    if (count.get() > 0 && response.getStatus() < 300 && !ApiResource.isRead(request.getMethod())) {
      CurrentUser.ofThisThread().ifPresent(this::wake);
    }
  }

  private void wake(String user) {
    byUser.getOrDefault(user, Set.of()).forEach(open -> open.stream.changed());
  }

  @Scheduled(
      every = "${taskward.changes.poll}",
      delayed = "${taskward.changes.poll}",
      concurrentExecution = ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  void poll() {
    if (count.get() == 0) {
      return;
    }
    Map<String, ChangeHeads.Head> last;
    try {
      last = heads.of(byUser.keySet());
    } catch (SQLException e) {
      LOG.warnf("Streams get changes by other instances later: %s", e.getMessage());
      return;
    }
    byUser.forEach(
        (user, streams) -> {
          ChangeHeads.Head head = last.getOrDefault(user, ChangeHeads.Head.NONE);
          for (Open open : streams) {
            if (!head.isAt(open.stream.position())) {
              open.stream.changed();
            }
          }
        });
  }

  void start(@Observes StartupEvent started) {
    timer = vertx.setPeriodic(TICK_MILLIS, now -> tick());
  }

  private void tick() {
    Instant now = Instant.now();
    byUser.forEach((user, streams) -> streams.forEach(open -> tick(user, open, now)));
  }

  private void tick(String user, Open open, Instant now) {
    if (open.stream.isAbandoned()) { // nothing else notices
      open.stream.end(ChangeStream.End.RESTART);
      close(user, open);
      return;
    }
    if (!now.isBefore(open.expires)) {
      open.stream.end(ChangeStream.End.TOKEN_EXPIRED);
    }
    if (open.stream.tick()) {
      open.request.request().connection().close();
    }
  }

  /** Ends all streams, so that their clients connect to another instance. */
  void stop(@Observes ShutdownDelayInitiatedEvent stopping) {
    endAll();
  }

  /** The same in dev mode, which has no delay. */
  void stop(@Observes ShutdownEvent stopping) {
    endAll();
    vertx.cancelTimer(timer);
  }

  private void endAll() {
    stopping = true;
    byUser.values().forEach(all -> all.forEach(open -> open.stream.end(ChangeStream.End.RESTART)));
  }
}
