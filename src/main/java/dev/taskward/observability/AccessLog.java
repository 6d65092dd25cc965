package dev.taskward.observability;

import dev.taskward.common.Digest;
import dev.taskward.common.LogLine;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.proxy.ClientAddress;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Writes one line for each request to the log category {@code dev.taskward.access}, if enabled. The
 * line has a digest instead of the user id, and no query, which may hold users' text.
 */
@ApplicationScoped
class AccessLog implements RequestFilters {

  private static final Logger LOG = Logger.getLogger("dev.taskward.access");

  /** Hexadecimal digits, enough to distinguish users. */
  private static final int DIGEST_LENGTH = 16;

  private final boolean enabled;

  AccessLog(TaskwardConfig config) {
    enabled = config.accessLog();
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return enabled ? Map.of(Stage.ACCESS_LOG, AccessLog::observe) : Map.of();
  }

  private static void observe(RoutingContext request) {
    long start = System.nanoTime();
    request.addEndHandler(
        ended -> write(request, RequestMetrics.status(request, ended), System.nanoTime() - start));
    request.next();
  }

  private static void write(RoutingContext request, int status, long nanos) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("status", Integer.toString(status));
    fields.put("method", LogLine.printable(request.request().method().name()));
    fields.put("path", LogLine.printable(request.request().path()));
    fields.put("millis", Long.toString(nanos / 1_000_000));
    fields.put("bytes", Long.toString(request.response().bytesWritten()));
    fields.put("address", LogLine.printable(ClientAddress.of(request)));
    String subject = SecurityLog.subject(request);
    if (subject != null) {
      fields.put("user", Digest.of(subject).substring(0, DIGEST_LENGTH));
    }
    String line = LogLine.text("request", fields);
    fields.put("traceId", TraceId.of(request));
    LogLine.write(LOG, line, fields);
  }
}
