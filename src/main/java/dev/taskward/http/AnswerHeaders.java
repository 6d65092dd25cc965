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

  // Optimized: as bytes, which are not checked and encoded anew for each answer.
  private static final CharSequence CONTENT_TYPE_OPTIONS =
      HttpHeaders.createOptimized("X-Content-Type-Options");
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final CharSequence PRIVATE = HttpHeaders.createOptimized("private, no-cache");

  void register(@Observes Filters filters) {
    filters.register(
        request -> {
          request.addHeadersEndHandler(written -> set(request));
          request.next();
        },
        FilterOrder.OBSERVERS);
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
    headers.set(CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.set(HttpHeaders.CACHE_CONTROL, headers.contains(HttpHeaders.ETAG) ? PRIVATE : NO_STORE);
  }
}
