package dev.taskward.http;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.UriInfo;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** {@code /api/tasks} is an alias of the newest version's path. */
final class UnversionedPath {

  /**
   * Nothing that is decoded on the way: the path would be decoded a second time. Possessive: Java
   * matches such a group in a loop, not by a recursion that a path can exhaust.
   */
  private static final Pattern ALIAS = Pattern.compile("/api/tasks((?:/[A-Za-z0-9._~-]*+)*+)");

  private static final String NEWEST = "/api/v1/tasks";

  @ServerRequestFilter(preMatching = true)
  void rewrite(ContainerRequestContext request) {
    UriInfo uri = request.getUriInfo();
    Matcher alias = ALIAS.matcher(uri.getRequestUri().getRawPath());
    if (alias.matches()) {
      request.setRequestUri(
          uri.getRequestUriBuilder().replacePath(NEWEST + alias.group(1)).build());
    }
  }
}
