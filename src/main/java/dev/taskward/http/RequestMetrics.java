package dev.taskward.http;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Rate, errors and duration of each route, for Prometheus. Quarkus' own meters would take the path
 * of a request that is refused before it is routed for its label, and any word for its method: each
 * id and each guess a series that is kept for ever. Here every label has few values, whatever is
 * sent.
 */
@ApplicationScoped
class RequestMetrics {

  private static final String TASKS = UnversionedPath.NEWEST;
  private static final String ALIAS = UnversionedPath.ALIAS;

  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.PATCH,
          HttpMethod.DELETE,
          HttpMethod.OPTIONS);

  /** Around the 200 ms that 95 % of the requests have to keep. */
  private static final Duration[] BUCKETS =
      Stream.of(5, 10, 25, 50, 100, 200, 400, 1_000, 2_500, 10_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Series(String method, String route, int status) {}

  private final MeterRegistry registry;
  private final Map<Series, Timer> timers = new ConcurrentHashMap<>();
  private final LongAdder active = new LongAdder();

  RequestMetrics(MeterRegistry registry, Overload overload) {
    this.registry = registry;
    Gauge.builder("http.server.active.requests", () -> active.sum() + overload.unread())
        .description("Requests that are under way")
        .register(registry);
  }

  void register(@Observes Filters filters) {
    filters.register(this::measure, FilterOrder.OBSERVERS);
  }

  private void measure(RoutingContext request) {
    long start = System.nanoTime() - UnreadRequest.waitedNanos(request);
    Span span = Span.current();
    active.increment();
    request.addEndHandler(
        ended -> {
          active.decrement();
          record(timer(request, status(request, ended)), System.nanoTime() - start, span);
        });
    request.next();
  }

  /** 499, as nginx has it, if the client was gone before it had its answer. */
  static int status(RoutingContext request, AsyncResult<Void> ended) {
    return ended.succeeded() ? request.response().getStatusCode() : 499;
  }

  /** The trace is the exemplar of its bucket. */
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
            METHODS.contains(method) ? method.name() : "other",
            route(request.request().path()),
            status);
    Timer known = timers.get(series);
    return known == null ? timers.computeIfAbsent(series, this::timer) : known;
  }

  private Timer timer(Series series) {
    return Timer.builder("http.server.requests")
        .description("Requests that were answered")
        .tag("method", series.method)
        .tag("uri", series.route)
        .tag("status", Integer.toString(series.status))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** The template of the path; "other" where there is nothing. */
  static String route(String path) {
    String rest =
        path == null
            ? null
            : path.startsWith(TASKS)
                ? path.substring(TASKS.length())
                : path.startsWith(ALIAS) ? path.substring(ALIAS.length()) : null;
    if (rest == null || !rest.isEmpty() && rest.charAt(0) != '/') {
      return "other";
    }
    int action = rest.indexOf('/', 1);
    if (action < 0) {
      return rest.length() <= 1 ? TASKS : TASKS + "/{id}";
    }
    return switch (rest.substring(action)) {
      case "/complete" -> TASKS + "/{id}/complete";
      case "/restore" -> TASKS + "/{id}/restore";
      default -> "other";
    };
  }
}
