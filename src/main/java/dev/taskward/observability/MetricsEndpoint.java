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
 * Answers Prometheus in the format that it prefers, OpenMetrics, which alone has exemplars, and all
 * others in plain text. Quarkus takes plain text for everyone who would take that too, as
 * Prometheus does, and answers on a thread that may have to wait for the database.
 */
@Singleton
class MetricsEndpoint {

  /**
   * Micrometer's, at the count of a histogram: OpenMetrics 1.0 has them at buckets alone, and
   * Prometheus before 2.43 drops all of an answer that has others.
   */
  private static final Pattern EXEMPLAR_OF_COUNT =
      Pattern.compile("^(\\w+_count\\b.*) # \\{.*$", Pattern.MULTILINE);

  private final PrometheusMeterRegistry registry;

  /** Of its own, for it has to be seen when all the others wait for the database. */
  private final WorkerExecutor thread;

  MetricsEndpoint(PrometheusMeterRegistry registry, Vertx vertx) {
    this.registry = registry;
    this.thread = vertx.createSharedWorkerExecutor("metrics", 1);
  }

  void register(@Observes ManagementInterface management) {
    management.router().get("/q/metrics").order(0).handler(this::answer);
  }

  @PreDestroy
  void stop() {
    thread.close();
  }

  private void answer(RoutingContext request) {
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
