package dev.taskward.observability;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * Serves OpenMetrics, the only format with exemplars, to clients that accept it, and plain text to
 * others. Quarkus serves plain text to clients that accept both, as Prometheus does. It also uses
 * worker threads, which may all wait for the database.
 */
@Singleton
class MetricsEndpoint {

  /**
   * An exemplar that Micrometer adds to a histogram's count. OpenMetrics 1.0 allows them at buckets
   * only, and Prometheus before 2.43 rejects the whole response.
   */
  private static final Pattern EXEMPLAR_OF_COUNT =
      Pattern.compile("^(\\w+_count\\b.*) # \\{.*$", Pattern.MULTILINE);

  private final PrometheusMeterRegistry registry;

  /** A separate thread: metrics stay readable while all others wait for the database. */
  private final WorkerExecutor thread;

  MetricsEndpoint(PrometheusMeterRegistry registry, Vertx vertx) {
    this.registry = registry;
    this.thread = vertx.createSharedWorkerExecutor("metrics", 1);
  }

  void register(@Observes ManagementInterface management) {
    management.router().get("/q/metrics").order(0).handler(this::respond);
  }

  @PreDestroy
  void stop() {
    thread.close();
  }

  private void respond(RoutingContext request) {
    String accepted = request.request().getHeader(HttpHeaders.ACCEPT);
    boolean exemplars = accepted != null && accepted.contains("application/openmetrics-text");
    String format =
        exemplars ? TextFormat.CONTENT_TYPE_OPENMETRICS_100 : TextFormat.CONTENT_TYPE_004;
    thread
        .executeBlocking(() -> EXEMPLAR_OF_COUNT.matcher(registry.scrape(format)).replaceAll("$1"))
        .onSuccess(
            metrics -> request.response().putHeader(HttpHeaders.CONTENT_TYPE, format).end(metrics))
        .onFailure(request::fail);
  }
}
