package dev.taskward.pipeline;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Map;

/**
 * Sets the headers of every response. Browsers must not guess the media type ({@code nosniff}).
 * Caches must not store a response ({@code no-store}). A response with an entity tag may stay in
 * the client's own cache, which must revalidate it ({@code private, no-cache}).
 */
@Singleton
public final class ResponseHeaders implements RequestFilters {

  // Optimized: Vert.x does not check and encode these values for each response.
  private static final CharSequence CONTENT_TYPE_OPTIONS =
      HttpHeaders.createOptimized("X-Content-Type-Options");
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final CharSequence PRIVATE = HttpHeaders.createOptimized("private, no-cache");

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(
        Stage.RESPONSE_HEADERS, ResponseHeaders::add,
        Stage.MANAGEMENT_RESPONSE_HEADERS, ResponseHeaders::addWithoutCors);
  }

  private static void add(RoutingContext request) {
    request.addHeadersEndHandler(written -> set(request));
    request.next();
  }

  /** Quarkus allows every origin to read the management port. No page needs that. */
  private static void addWithoutCors(RoutingContext request) {
    request.addHeadersEndHandler(
        written -> {
          set(request);
          request.response().headers().remove(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN);
        });
    request.next();
  }

  /** For responses that no filter sees, too. */
  public static void set(RoutingContext request) {
    MultiMap headers = request.response().headers();
    headers.set(CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.set(HttpHeaders.CACHE_CONTROL, headers.contains(HttpHeaders.ETAG) ? PRIVATE : NO_STORE);
  }
}
