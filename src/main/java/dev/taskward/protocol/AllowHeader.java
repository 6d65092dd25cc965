package dev.taskward.protocol;

import dev.taskward.common.ApiResources;
import dev.taskward.pipeline.Stage;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Sets {@code Allow} in every 405 (RFC 9110) and {@code Accept-Patch} in the 415 of a PATCH (RFC
 * 5789). The response to OPTIONS has both. Quarkus REST omits them, and returns the methods of the
 * whole resource class for OPTIONS.
 */
@Singleton
class AllowHeader {

  private final ApiResources resources;

  AllowHeader(ApiResources resources) {
    this.resources = resources;
  }

  @ServerResponseFilter(priority = Stage.ALLOW)
  void add(ContainerRequestContext request, ContainerResponseContext response) {
    String method = request.getMethod();
    boolean allow =
        response.getStatus() == 405 || (method.equals("OPTIONS") && response.getStatus() != 404);
    boolean patch = response.getStatus() == 415 && method.equals("PATCH");
    if (!allow && !patch) {
      return;
    }
    resources
        .route(request.getUriInfo().getRequestUri())
        .ifPresent(
            route -> {
              if (allow) {
                response.getHeaders().putSingle("Allow", route.methods());
              }
              if (route.patch() != null && (patch || method.equals("OPTIONS"))) {
                response.getHeaders().putSingle("Accept-Patch", route.patch());
              }
            });
  }
}
