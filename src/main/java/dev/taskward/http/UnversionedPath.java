package dev.taskward.http;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** {@code /api/tasks} is an alias of the newest version's path. */
final class UnversionedPath {

  private static final String ALIAS = "/api/tasks";
  private static final String NEWEST = "/api/v1/tasks";

  @ServerRequestFilter(preMatching = true)
  void rewrite(ContainerRequestContext request) {
    UriInfo uri = request.getUriInfo();
    String path = uri.getRequestUri().getRawPath();
    if (path.equals(ALIAS) || path.startsWith(ALIAS + "/")) {
      URI newest =
          uri.getRequestUriBuilder().replacePath(NEWEST + path.substring(ALIAS.length())).build();
      request.setRequestUri(newest);
    }
  }
}
