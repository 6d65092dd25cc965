package dev.taskward.http;

import io.quarkus.vertx.http.ManagementInterface;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;

/**
 * What every answer has, whoever gives it: it is taken for nothing but what its media type says,
 * and no cache keeps it, but the client's own if there is an entity tag to ask again with.
 */
final class AnswerHeaders {

  private static final String NOSNIFF = "X-Content-Type-Options";

  void register(@Observes Filters filters) {
    filters.register(
        request -> {
          request.addHeadersEndHandler(written -> set(request));
          request.next();
        },
        TraceId.PRIORITY);
  }

  /** Quarkus lets every page read what the management port answers; nobody needs that here. */
  void register(@Observes ManagementInterface management) {
    management
        .router()
        .route()
        .order(Integer.MIN_VALUE)
        .handler(
            request -> {
              request.addHeadersEndHandler(
                  written -> {
                    set(request);
                    request.response().headers().remove(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN);
                  });
              request.next();
            });
  }

  static void set(RoutingContext request) {
    MultiMap headers = request.response().headers();
    headers.set(NOSNIFF, "nosniff");
    headers.set(
        HttpHeaders.CACHE_CONTROL,
        headers.contains(HttpHeaders.ETAG) ? "private, no-cache" : "no-store");
  }
}
