package dev.taskward.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** {@code /api/tasks} is an alias of the newest version's path. */
public final class UnversionedPath {

  static final String NEWEST = "/api/v1/tasks";
  static final String ALIAS = "/api/tasks";

  /**
   * Nothing that is decoded on the way: the path would be decoded a second time. Possessive: Java
   * matches such a group in a loop, not by a recursion that a path can exhaust.
   */
  private static final Pattern PATH = Pattern.compile(ALIAS + "((?:/[A-Za-z0-9._~-]*+)*+)");

  private static final String KEY = UnversionedPath.class.getName();

  @ServerRequestFilter(preMatching = true)
  void rewrite(ContainerRequestContext request, RoutingContext routing) {
    String path = routing.request().path();
    Matcher alias = path == null ? null : PATH.matcher(path);
    if (alias != null && alias.matches()) {
      UriInfo uri = request.getUriInfo();
      String known = uri.getRequestUri().getRawPath();
      String prefix =
          known.endsWith(path) ? known.substring(0, known.length() - path.length()) : "";
      String newest = NEWEST + alias.group(1);
      routing.put(KEY, uri.getRequestUriBuilder().replacePath(prefix + newest).build());
      request.setRequestUri(uri.getRequestUriBuilder().replacePath(newest).build());
    }
  }

  /**
   * The request's URL as the client knows it: of the newest version, and with the prefix that a
   * trusted proxy took away, which JAX-RS forgets when the path is rewritten.
   */
  public static URI url(UriInfo uri, RoutingContext routing) {
    URI known = routing.get(KEY);
    return known == null ? uri.getRequestUri() : known;
  }
}
