package dev.taskward.protocol;

import dev.taskward.common.ApiResource.Route;
import dev.taskward.common.ApiResources;
import dev.taskward.common.QueryString;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ProblemException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses query parameters that the operation does not take, and a second value of one. JAX-RS
 * would ignore both.
 */
@Singleton
class QueryParameters {

  private final ApiResources resources;

  QueryParameters(ApiResources resources) {
    this.resources = resources;
  }

  @ServerRequestFilter(priority = Stage.PARAMETERS)
  void check(ContainerRequestContext request, RoutingContext routing) {
    if (routing.request().query() == null) {
      return;
    }
    resources
        .route(request.getUriInfo().getRequestUri())
        .ifPresent(route -> check(route, request.getMethod(), routing));
  }

  private static void check(Route route, String method, RoutingContext request) {
    QueryString.parameters(request)
        .forEach(
            (name, values) -> {
              if (!route.parameters(method).contains(name)) {
                throw ProblemException.invalid(name, "is not a parameter of this request");
              }
              if (values.size() > 1 && !route.repeatable().contains(name)) {
                throw ProblemException.invalid(name, "must be given once");
              }
            });
  }
}
