package dev.taskward.protocol;

import dev.taskward.common.ApiResources;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
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
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads bodies within limits of size and time, with or without {@code Content-Length}. No thread
 * waits for them.
 */
@Singleton
public class RequestBody implements RequestFilters {

  private static final String READING = RequestBody.class.getName();

  private static final String TIMER = READING + ".timer";

  /** The memory of a large body: the body, its copy for the thread, and the objects in it. */
  private static final int MEMORY_FACTOR = 3;

  /** No user can take the memory for large bodies of all. */
  private static final int USERS = 4;

  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicLong largeBytes = new AtomicLong();
  private final Map<String, Long> largeBytesByUser = new ConcurrentHashMap<>();

  private final ApiResources resources;
  private final BodyHandler reader;
  private final Map<Long, BodyHandler> largeReaders = new HashMap<>();
  private final long timeout;
  private final int max;
  private final long largeBytesMax;

  /**
   * @param max the number of bodies read at a time, the size of the thread pool's queue. It bounds
   *     the memory that slow clients hold. Large bodies have as much memory again.
   */
  RequestBody(
      TaskwardConfig config,
      ApiResources resources,
      @ConfigProperty(name = "quarkus.thread-pool.queue-size") int max) {
    this.resources = resources;
    long usual = config.maxBodySize().asLongValue();
    this.reader = BodyHandler.create(false).setBodyLimit(usual);
    resources
        .bodyLimits()
        .forEach(
            limit ->
                largeReaders.put(
                    limit, BodyHandler.create(false).setBodyLimit(Math.max(limit, usual))));
    this.timeout = config.bodyTimeout().toMillis();
    this.max = max;
    this.largeBytesMax = max * usual;
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
      refuse(request);
    } else if (!reserveLarge(request)) {
      reading.decrementAndGet();
      refuse(request);
    } else {
      request.put(READING, true);
      ErrorResponses.expectBody(request);
      request.addEndHandler(ended -> release(request));
      read(request);
    }
  }

  private static void refuse(RoutingContext request) {
    ErrorResponses.closeAfter(request);
    ErrorResponses.send(503, request);
  }

  /**
   * Reserves the memory for a large body until the response ends; false if there is not enough. One
   * user gets a quarter of the memory. One body always gets it.
   */
  private boolean reserveLarge(RoutingContext request) {
    Optional<Long> limit = resources.bodyLimit(request.normalizedPath());
    if (limit.isEmpty()) {
      return true;
    }
    long bytes = MEMORY_FACTOR * size(request, limit.get());
    String user = Objects.requireNonNullElse(SecurityLog.subject(request), "");
    if (!reserve(user, bytes)) {
      return false;
    }
    request.addEndHandler(ended -> release(user, bytes));
    return true;
  }

  private boolean reserve(String user, long bytes) {
    long ofUser = largeBytesByUser.merge(user, bytes, Long::sum);
    long ofAll = largeBytes.addAndGet(bytes);
    boolean fits =
        (ofUser <= largeBytesMax / USERS || ofUser == bytes)
            && (ofAll <= largeBytesMax || ofAll == bytes);
    if (!fits) {
      release(user, bytes);
    }
    return fits;
  }

  private void release(String user, long bytes) {
    largeBytes.addAndGet(-bytes);
    largeBytesByUser.computeIfPresent(user, (name, all) -> all == bytes ? null : all - bytes);
  }

  /** The announced size, or without one the most that is possible. */
  private static long size(RoutingContext request, long limit) {
    String length = request.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? limit : Long.parseLong(length);
  }

  /** Hides the media type: the reader would parse forms, which no path accepts. */
  private void read(RoutingContext request) {
    MultiMap headers = request.request().headers();
    String type = ContentType.normalise(headers);
    headers.remove(HttpHeaders.CONTENT_TYPE);
    resources
        .bodyLimit(request.normalizedPath())
        .map(largeReaders::get)
        .orElse(reader)
        .handle(request);
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
