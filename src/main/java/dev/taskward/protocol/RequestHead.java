package dev.taskward.protocol;

import dev.taskward.common.ApiResources;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ProblemException;
import dev.taskward.proxy.PublicUrl;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Refuses requests by their head, before their body is read. */
@Singleton
class RequestHead implements RequestFilters {

  private final long maxBodySize;
  private final boolean apiDocs;
  private final Set<String> origins;

  /** Methods that Quarkus' CORS accepts. It refuses others without a problem document. */
  private final Set<String> corsMethods;

  private final ApiResources resources;
  private final Optional<String> publicOrigin;

  RequestHead(
      TaskwardConfig config,
      ApiResources resources,
      @ConfigProperty(name = "quarkus.http.cors.methods") Set<String> corsMethods) {
    this.corsMethods = corsMethods;
    this.resources = resources;
    this.publicOrigin = PublicUrl.origin(config);
    this.apiDocs = config.apiDocs();
    this.origins =
        config.cors().origins().orElse(Set.of()).stream()
            .map(String::strip)
            .collect(Collectors.toSet());
    this.maxBodySize = config.maxBodySize().asLongValue();
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    Map<Stage, Handler<RoutingContext>> filters = new EnumMap<>(Stage.class);
    if (!origins.isEmpty()) {
      filters.put(Stage.ORIGIN, this::checkOrigin);
    }
    filters.put(Stage.QUERY, RequestHead::checkQuery);
    filters.put(Stage.DOCS, this::checkDocs);
    filters.put(Stage.BODY_HEAD, this::checkBody);
    return filters;
  }

  /** Runs after CORS, so that pages can read the error: their fetch leaves some characters raw. */
  private static void checkQuery(RoutingContext context) {
    String query = context.request().query();
    if (query == null || query.indexOf('#') < 0 && RequestFraming.isUri("?" + query)) {
      context.next();
    } else {
      context.fail(ProblemException.malformed("The query has to be percent-encoded."));
    }
  }

  /**
   * Refuses what Quarkus would refuse next, but with a problem document. Behind a proxy it also
   * knows our own origin.
   */
  private void checkOrigin(RoutingContext context) {
    HttpServerRequest request = context.request();
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    context.response().putHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    boolean isAllowed = origins.contains(origin);
    if (origin == null || isAllowed && corsMethods.contains(request.method().name())) {
      context.next();
    } else if (isAllowed
        || origin.equals(PublicUrl.origin(context))
        || publicOrigin.filter(origin::equals).isPresent()) {
      request.headers().remove(HttpHeaders.ORIGIN);
      context.next();
    } else {
      context.fail(ProblemException.forbidden("Pages of this origin may not call the service."));
    }
  }

  /**
   * Returns 404 if the API documentation is off, and 405 to TRACE. Quarkus would return a bare 404,
   * and the OpenAPI document to TRACE.
   */
  private void checkDocs(RoutingContext context) {
    boolean isDocs = context.normalizedPath().startsWith("/q/");
    if (isDocs && !apiDocs) {
      context.fail(404);
    } else if (isDocs && context.request().method() == HttpMethod.TRACE) {
      context.response().putHeader("Allow", "GET, HEAD, OPTIONS");
      context.fail(405);
    } else {
      context.next();
    }
  }

  private void checkBody(RoutingContext context) {
    HttpServerRequest request = context.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    List<String> codings = request.headers().getAll(HttpHeaders.CONTENT_ENCODING);
    if (length != null && Long.parseLong(length) > maxBodySize && isTooLarge(length, context)) {
      context.fail(413);
    } else if (!codings.stream().allMatch("identity"::equalsIgnoreCase)) {
      context.fail(ProblemException.encoded());
    } else {
      context.next();
    }
  }

  private boolean isTooLarge(String length, RoutingContext context) {
    return Long.parseLong(length)
        > resources.bodyLimit(context.normalizedPath()).orElse(maxBodySize);
  }
}
