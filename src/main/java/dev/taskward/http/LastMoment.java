package dev.taskward.http;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Refuses what comes when the delay of the shutdown is over. Quarkus waits until no request is
 * under way and then closes all connections; one that came in between would be done, and nobody
 * told.
 */
@ApplicationScoped
class LastMoment {

  private final Duration delay;

  /** By {@link System#nanoTime}; null while nobody stops the service. */
  private volatile Long begin;

  LastMoment(@ConfigProperty(name = "quarkus.shutdown.delay", defaultValue = "0S") Duration delay) {
    this.delay = delay;
  }

  void await(@Observes ShutdownDelayInitiatedEvent stopping) {
    begin = System.nanoTime() + delay.toNanos();
  }

  void register(@Observes Filters filters) {
    filters.register(this::refuse, FilterOrder.LAST_MOMENT);
  }

  private void refuse(RoutingContext request) {
    Long from = begin;
    if (from != null && System.nanoTime() - from >= 0) {
      ErrorResponses.closeAfter(request);
      ErrorResponses.send(503, request);
    } else {
      request.next();
    }
  }
}
