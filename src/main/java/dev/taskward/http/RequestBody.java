package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads a body up to the limit, whether its length was announced or not, and for so long, while no
 * thread waits for it.
 */
@Singleton
class RequestBody {

  private static final String READING = RequestBody.class.getName();

  /** Until it is read. */
  private static final String BROKEN = READING + ".broken";

  private static final String TIMER = READING + ".timer";

  private final AtomicInteger reading = new AtomicInteger();

  /**
   * @param max as many as may wait for a thread: clients that send slowly may take so many times
   *     the limit of memory, and no more
   */
  void register(
      @Observes Filters filters,
      TaskwardConfig config,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int max) {
    BodyHandler reader = BodyHandler.create(false).setBodyLimit(config.maxBodySize().asLongValue());
    long timeout = config.bodyTimeout().toMillis();
    filters.register(request -> bound(request, timeout), FilterOrder.BODY_TIMEOUT);
    filters.register(request -> begin(request, reader, max), FilterOrder.BODY_BEGIN);
    filters.register(this::end, FilterOrder.BODY_END);
  }

  /** A body that trickles is never idle, so the idle timeout does not end it. */
  private void bound(RoutingContext request, long timeout) {
    if (isSent(request.request())) {
      long timer =
          request.vertx().setTimer(timeout, late -> request.request().connection().close());
      request.put(TIMER, timer);
      request.addEndHandler(ended -> request.vertx().cancelTimer(timer));
    }
    request.next();
  }

  private void begin(RoutingContext request, BodyHandler reader, int max) {
    if (!isSent(request.request())) {
      request.request().headers().remove(HttpHeaders.CONTENT_TYPE); // some clients send it always
      request.next();
    } else if (reading.incrementAndGet() > max) {
      reading.decrementAndGet();
      ErrorResponses.closeAfter(request);
      ErrorResponses.send(503, request);
    } else {
      request.put(READING, true).put(BROKEN, true);
      request.addEndHandler(ended -> isRead(request));
      read(request, reader);
    }
  }

  /** Hides the media type meanwhile: the reader would parse a form, which no path takes. */
  private static void read(RoutingContext request, BodyHandler reader) {
    MultiMap headers = request.request().headers();
    String type = ContentType.normalise(headers);
    headers.remove(HttpHeaders.CONTENT_TYPE);
    reader.handle(request);
    if (type != null) {
      headers.set(HttpHeaders.CONTENT_TYPE, type);
    }
  }

  /**
   * From now on a connection that breaks is no failure: the reader would answer beside a thread.
   */
  private void end(RoutingContext request) {
    isRead(request);
    if (request.get(TIMER) instanceof Long timer) {
      request.vertx().cancelTimer(timer);
    }
    request.remove(BROKEN);
    request.request().exceptionHandler(null);
    request.next();
  }

  private void isRead(RoutingContext request) {
    if (request.remove(READING) != null) {
      reading.decrementAndGet();
    }
  }

  /** It was not read to its end: a chunk was none, or the connection broke. */
  static boolean isBroken(RoutingContext request) {
    return request.get(BROKEN) != null;
  }

  static boolean isSent(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null
        ? request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        : !length.equals("0");
  }
}
