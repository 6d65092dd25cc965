package dev.taskward.common;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;

/** Responses that are written piece by piece, at the pace of the client. */
public final class StreamedResponse {

  /** Server-Sent Events (WHATWG HTML, 9.2). */
  public static final String EVENTS = "text/event-stream";

  /** Whether the response is streamed. Its head must be complete. */
  public static boolean is(RoutingContext request) {
    String type = request.response().headers().get(HttpHeaders.CONTENT_TYPE);
    return type != null && (type.startsWith(EVENTS) || type.startsWith(ApiResource.NDJSON));
  }

  /** Whether the response is a stream of events, which lasts as long as the client wants. */
  public static boolean isEndless(RoutingContext request) {
    String type = request.response().headers().get(HttpHeaders.CONTENT_TYPE);
    return type != null && type.startsWith(EVENTS);
  }

  private StreamedResponse() {}
}
