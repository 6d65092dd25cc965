package dev.taskward.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * {@code /api/tasks} is an alias of the newest version's path. JAX-RS sees the newest path and no
 * query; the query of any request is read by {@link QueryString}.
 */
final class UnversionedPath {

  static final String NEWEST = "/api/v1/tasks";
  static final String ALIAS = "/api/tasks";

  /**
   * Nothing that is decoded on the way: the path would be decoded a second time. Possessive: Java
   * matches such a group in a loop, not by a recursion that a path can exhaust.
   */
  private static final Pattern PATH = Pattern.compile(ALIAS + "((?:/[A-Za-z0-9._~-]*+)*+)");

  @ServerRequestFilter(preMatching = true)
  void rewrite(ContainerRequestContext request, RoutingContext routing) {
    String path = routing.request().path();
    Matcher alias = path == null ? null : PATH.matcher(path);
    if (alias != null && alias.matches()) {
      // Without the query: JAX-RS would decode it, and fail where the result is no URI.
      request.setRequestUri(URI.create(NEWEST + alias.group(1)));
    }
  }
}
