package dev.taskward.common;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;

/** Server-Sent Events (WHATWG HTML, 9.2): responses that last as long as the client wants. */
public final class EventStream {

  public static final String MEDIA_TYPE = "text/event-stream";

  /** Whether the response is an event stream. Its head must be complete. */
  public static boolean is(RoutingContext request) {
    return MEDIA_TYPE.equals(request.response().headers().get(HttpHeaders.CONTENT_TYPE));
  }

  private EventStream() {}
}
