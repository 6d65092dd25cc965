package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;

/** Refuses by its head what needs no reading: before anything else, what is not sound HTTP. */
class RequestHead {

  /** Filters run in falling priority: authentication has 200, authorization 100. */
  private static final int AFTER_AUTHORIZATION = 50;

  private static final int FIRST = TraceId.PRIORITY - 1;

  private final long maxBodySize;

  RequestHead(TaskwardConfig config) {
    this.maxBodySize = config.maxBodySize().asLongValue();
  }

  void register(@Observes Filters filters) {
    filters.register(RequestHead::checkFraming, FIRST);
    filters.register(this::checkBody, AFTER_AUTHORIZATION);
  }

  /**
   * RFC 9112: one Host, and no transfer coding but chunked. Whoever stands in front may read
   * anything else differently, and see one request where we see two.
   */
  private static void checkFraming(RoutingContext context) {
    HttpServerRequest request = context.request();
    String coding = request.getHeader(HttpHeaders.TRANSFER_ENCODING);
    boolean sound =
        request.authority() != null
            && !request.authority().host().isEmpty()
            && request.headers().getAll(HttpHeaders.HOST).size() <= 1
            && request.headers().getAll(HttpHeaders.TRANSFER_ENCODING).size() <= 1
            && (coding == null || coding.equalsIgnoreCase("chunked"));
    if (sound) {
      context.next();
    } else {
      ErrorResponses.closeAfter(context);
      context.fail(400);
    }
  }

  private void checkBody(RoutingContext context) {
    HttpServerRequest request = context.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (length != null && Long.parseLong(length) > maxBodySize) {
      context.fail(413);
    } else if (coding != null && !coding.equalsIgnoreCase("identity")) {
      context.fail(415);
    } else {
      context.next();
    }
  }
}
