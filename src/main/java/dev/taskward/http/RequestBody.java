package dev.taskward.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads the body on the event loop, after authentication and before a worker thread is taken, and
 * refuses one that is too large, whether its length is announced or not. Quarkus' own check of the
 * same limit would answer without a problem document.
 */
final class RequestBody {

  /** Filters run in falling priority: authentication has 200, authorization 100. */
  private static final int AFTER_AUTHORIZATION = 50;

  void register(
      @Observes Filters filters,
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
    filters.register(
        BodyHandler.create(false).setBodyLimit(limit.asLongValue()), AFTER_AUTHORIZATION);
    filters.register(RequestBody::markRead, AFTER_AUTHORIZATION - 1);
  }

  /**
   * The handler leaves no buffer for an empty body (Content-Length: 0, as browsers send it), and
   * Quarkus REST would wait for one from the network.
   */
  private static void markRead(RoutingContext request) {
    if (request.body().buffer() == null) {
      ((RoutingContextInternal) request).setBody(Buffer.buffer());
    }
    request.next();
  }
}
