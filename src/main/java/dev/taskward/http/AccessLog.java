package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * A line for each request, in the category {@code dev.taskward.access}, where it is switched on:
 * what was asked, how it ended and how long it took, and whose it was as a digest. No query, which
 * may have the text of a task, and no name.
 */
@ApplicationScoped
class AccessLog {

  private static final Logger LOG = Logger.getLogger("dev.taskward.access");

  /** Digits: enough to tell users apart. */
  private static final int DIGEST_LENGTH = 16;

  private final boolean enabled;

  AccessLog(TaskwardConfig config) {
    enabled = config.accessLog();
  }

  void register(@Observes Filters filters) {
    if (enabled) {
      filters.register(AccessLog::observe, FilterOrder.OBSERVERS);
    }
  }

  private static void observe(RoutingContext request) {
    long start = System.nanoTime() - UnreadRequest.waitedNanos(request);
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
