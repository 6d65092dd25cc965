package dev.taskward.http;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * RFC 9110 wants {@code Allow} in every 405. Quarkus REST leaves it out, and answers OPTIONS with
 * the methods of the whole resource class; so the methods of each path stand here, and a test holds
 * them against the OpenAPI document.
 */
class AllowHeader {

  private static final Map<Pattern, String> METHODS =
      Map.of(
          Pattern.compile("/api/v1/tasks/?"), "GET, HEAD, POST, OPTIONS",
          Pattern.compile("/api/v1/tasks/[^/]+/?"), "GET, HEAD, PUT, DELETE, OPTIONS",
          Pattern.compile("/api/v1/tasks/[^/]+/complete/?"), "PATCH, OPTIONS");

  @ServerResponseFilter
  void add(ContainerRequestContext request, ContainerResponseContext response) {
    if (response.getStatus() != 405 && !request.getMethod().equals("OPTIONS")) {
      return;
    }
    String path = request.getUriInfo().getRequestUri().getRawPath();
    METHODS.forEach(
        (pattern, methods) -> {
          if (pattern.matcher(path).matches()) {
            response.getHeaders().putSingle("Allow", methods);
          }
        });
  }
}
