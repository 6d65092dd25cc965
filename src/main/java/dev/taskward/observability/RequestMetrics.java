package dev.taskward.observability;

import dev.taskward.common.ApiResource;
import dev.taskward.common.ApiResources;
import dev.taskward.common.StreamedResponse;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Measures rate, errors and duration of each route for Prometheus. Every label has few values.
 * Quarkus' own meters use unrouted paths and unknown methods as labels, and keep each series
 * forever.
 */
@ApplicationScoped
class RequestMetrics implements RequestFilters {

  private static final String OTHER = "other";

  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.PATCH,
          HttpMethod.DELETE,
          HttpMethod.OPTIONS);

  /** Buckets around the objective: 95 % of the requests take at most 200 ms. */
  private static final Duration[] BUCKETS =
      Stream.of(5, 10, 25, 50, 100, 200, 400, 1_000, 2_500, 10_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Series(String method, String route, int status) {}

  private final MeterRegistry registry;
  private final ApiResources resources;
  private final Map<Series, Timer> timers = new ConcurrentHashMap<>();
  private final LongAdder active = new LongAdder();

  RequestMetrics(MeterRegistry registry, ApiResources resources) {
    this.registry = registry;
    this.resources = resources;
    Gauge.builder("http.server.active.requests", () -> active.sum())
        .description("Requests in progress")
        .register(registry);
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(Stage.METRICS, this::measure);
  }

  private void measure(RoutingContext request) {
    long start = System.nanoTime();
    Span span = Span.current();
    active.increment();
    request.addEndHandler(
        ended -> {
          active.decrement();
          if (StreamedResponse.isEndless(request)) {
            return; // it lasts as long as the client wants
          }
          record(timer(request, status(request, ended)), System.nanoTime() - start, span);
        });
    request.next();
  }

  /** The status of the response; 499, as in nginx, if the client disconnected before. */
  static int status(RoutingContext request, AsyncResult<Void> ended) {
    return ended.succeeded() ? request.response().getStatusCode() : 499;
  }

  /** Records a duration, with a sampled trace as exemplar. */
  private static void record(Timer timer, long nanos, Span span) {
    if (!span.getSpanContext().isSampled()) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
      return;
    }
    try (Scope scope = span.makeCurrent()) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private Timer timer(RoutingContext request, int status) {
    HttpMethod method = request.request().method();
    Series series =
        new Series(
            METHODS.contains(method) ? method.name() : OTHER,
            route(request.request().path()),
            status);
    Timer known = timers.get(series);
    return known == null ? timers.computeIfAbsent(series, this::timer) : known;
  }

  private Timer timer(Series series) {
    return Timer.builder("http.server.requests")
        .description("Requests that ended")
        .tag("method", series.method)
        .tag("uri", series.route)
        .tag("status", Integer.toString(series.status))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** The template of the path; "other" if no resource has the path. */
  private String route(String path) {
    return path == null
        ? OTHER
        : resources.route(path).map(ApiResource.Route::template).orElse(OTHER);
  }
}
