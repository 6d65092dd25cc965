package dev.taskward.observability;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;

/**
 * Gives every request a trace id: from a valid {@code traceparent} header (W3C Trace Context), else
 * a random one. With tracing, OpenTelemetry chooses it. Log lines have it as {@code traceId},
 * problems as {@code trace_id}.
 */
@Singleton
public final class TraceId implements RequestFilters {

  private static final String KEY = "traceId";

  private static final Pattern TRACEPARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(
        Stage.TRACE_ID,
        request -> {
          assign(request);
          request.next();
        });
  }

  public static String of(RoutingContext request) {
    String id = request.get(KEY);
    return id == null ? assign(request) : id;
  }

  /** Writes the trace id to the log lines of another thread that works for this request. */
  public static void log(RoutingContext request) {
    MDC.put(KEY, of(request));
  }

  private static String assign(RoutingContext request) {
    SpanContext span = Span.current().getSpanContext();
    String id = span.isValid() ? span.getTraceId() : fromHeaderOrRandom(request);
    request.put(KEY, id);
    MDC.put(KEY, id);
    return id;
  }

  private static String fromHeaderOrRandom(RoutingContext request) {
    String traceparent = request.request().getHeader("traceparent");
    Matcher matcher = traceparent == null ? null : TRACEPARENT.matcher(traceparent);
    return matcher != null && matcher.matches() ? matcher.group(1) : random();
  }

  private static String random() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong() | 1);
  }
}
