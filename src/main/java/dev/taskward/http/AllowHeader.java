package dev.taskward.http;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * RFC 9110 wants {@code Allow} in every 405, RFC 5789 {@code Accept-Patch} in a PATCH's 415 and in
 * the answer to OPTIONS. Quarkus REST leaves them out, and answers OPTIONS with the methods of the
 * whole resource class; so the methods of each path stand here, and a test holds them against the
 * OpenAPI document.
 */
class AllowHeader {

  /**
   * @param patch what its PATCH takes; null if it has none
   */
  private record Resource(Pattern path, String methods, String patch) {

    Resource(String path, String methods, String patch) {
      this(Pattern.compile(UnversionedPath.NEWEST + path + "/?"), methods, patch);
    }
  }

  private static final List<Resource> RESOURCES =
      List.of(
          new Resource("", "GET, HEAD, POST, OPTIONS", null),
          new Resource(
              "/[^/]+", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", "application/merge-patch+json"),
          new Resource("/[^/]+/restore", "POST, OPTIONS", null),
          new Resource("/[^/]+/complete", "PATCH, OPTIONS", "application/json"));

  @ServerResponseFilter
  void add(ContainerRequestContext request, ContainerResponseContext response) {
    String method = request.getMethod();
    boolean allow =
        response.getStatus() == 405 || (method.equals("OPTIONS") && response.getStatus() != 404);
    boolean patch = response.getStatus() == 415 && method.equals("PATCH");
    if (!allow && !patch) {
      return;
    }
    String path = path(request.getUriInfo().getRequestUri());
    for (Resource resource : RESOURCES) {
      if (resource.path().matcher(path).matches()) {
        if (allow) {
          response.getHeaders().putSingle("Allow", resource.methods());
        }
        if (resource.patch() != null && (patch || method.equals("OPTIONS"))) {
          response.getHeaders().putSingle("Accept-Patch", resource.patch());
        }
      }
    }
  }

  /** Normalised and decoded as JAX-RS does it, which sees no slash in an encoded one. */
  private static String path(URI uri) {
    String raw = uri.getRawPath().replaceAll("(?i)%2F", "-").replaceAll("(?i)%2E", ".");
    return URI.create(raw).normalize().getPath();
  }
}
