package dev.taskward.protocol;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ErrorResponses;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads bodies within limits of size and time, with or without {@code Content-Length}. No thread
 * waits for them.
 */
@Singleton
public class RequestBody implements RequestFilters {

  private static final String READING = RequestBody.class.getName();

  private static final String TIMER = READING + ".timer";

  private final AtomicInteger reading = new AtomicInteger();

  private final BodyHandler reader;
  private final long timeout;
  private final int max;

  /**
   * @param max the number of bodies read at a time, the size of the thread pool's queue. It bounds
   *     the memory that slow clients hold.
   */
  RequestBody(
      TaskwardConfig config, @ConfigProperty(name = "quarkus.thread-pool.queue-size") int max) {
    this.reader = BodyHandler.create(false).setBodyLimit(config.maxBodySize().asLongValue());
    this.timeout = config.bodyTimeout().toMillis();
    this.max = max;
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(
        Stage.BODY_TIMEOUT, this::limitTime,
        Stage.BODY_BEGIN, this::begin,
        Stage.BODY_END, this::end);
  }

  /** Closes the connection if the body takes too long: a slow body is never idle. */
  private void limitTime(RoutingContext request) {
    if (isSent(request.request())) {
      long timer =
          request.vertx().setTimer(timeout, late -> request.request().connection().close());
      request.put(TIMER, timer);
      request.addEndHandler(ended -> request.vertx().cancelTimer(timer));
    }
    request.next();
  }

  private void begin(RoutingContext request) {
    if (!isSent(request.request())) {
      request.request().headers().remove(HttpHeaders.CONTENT_TYPE); // some clients always send it
      request.next();
    } else if (reading.incrementAndGet() > max) {
      reading.decrementAndGet();
      ErrorResponses.closeAfter(request);
      ErrorResponses.send(503, request);
    } else {
      request.put(READING, true);
      ErrorResponses.expectBody(request);
      request.addEndHandler(ended -> release(request));
      read(request);
    }
  }

  /** Hides the media type: the reader would parse forms, which no path accepts. */
  private void read(RoutingContext request) {
    MultiMap headers = request.request().headers();
    String type = ContentType.normalise(headers);
    headers.remove(HttpHeaders.CONTENT_TYPE);
    reader.handle(request);
    if (type != null) {
      headers.set(HttpHeaders.CONTENT_TYPE, type);
    }
  }

  /** Removes the exception handler, which would respond while a thread responds, too. */
  private void end(RoutingContext request) {
    release(request);
    if (request.get(TIMER) instanceof Long timer) {
      request.vertx().cancelTimer(timer);
    }
    ErrorResponses.completeBody(request);
    request.request().exceptionHandler(null);
    request.next();
  }

  private void release(RoutingContext request) {
    if (request.remove(READING) != null) {
      reading.decrementAndGet();
    }
  }

  static boolean isSent(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null
        ? request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        : !length.equals("0");
  }
}
