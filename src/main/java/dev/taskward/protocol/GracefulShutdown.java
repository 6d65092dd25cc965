package dev.taskward.protocol;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ErrorResponses;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Returns 503 to requests that arrive after the shutdown's delay. Quarkus waits until no request is
 * active and then closes all connections. It would execute a request that arrives in between
 * without a response.
 */
@ApplicationScoped
class GracefulShutdown implements RequestFilters {

  private final Duration delay;

  /** The time of the first refusal, by {@link System#nanoTime}; null before the shutdown. */
  private volatile Long refusedFrom;

  GracefulShutdown(
      @ConfigProperty(name = "quarkus.shutdown.delay", defaultValue = "0S") Duration delay) {
    this.delay = delay;
  }

  void onShutdown(@Observes ShutdownDelayInitiatedEvent stopping) {
    refusedFrom = System.nanoTime() + delay.toNanos();
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(Stage.SHUTDOWN, this::refuse);
  }

  private void refuse(RoutingContext request) {
    Long from = refusedFrom;
    if (from != null && System.nanoTime() - from >= 0) {
      ErrorResponses.closeAfter(request);
      ErrorResponses.send(503, request);
    } else {
      request.next();
    }
  }
}
