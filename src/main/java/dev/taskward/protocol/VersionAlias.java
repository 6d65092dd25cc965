package dev.taskward.protocol;

import dev.taskward.common.ApiResource;
import dev.taskward.common.ApiResources;
import dev.taskward.pipeline.Stage;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.URI;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Rewrites a path without a version to the newest version's path. JAX-RS gets no query: it would
 * decode it and fail if the result is no URI. Resources read the query through {@link
 * dev.taskward.common.QueryString}.
 */
final class VersionAlias {

  /** Characters that need no decoding: JAX-RS decodes the path a second time. */
  private static final Pattern PLAIN = Pattern.compile("[/A-Za-z0-9._~-]*+");

  private final ApiResources resources;

  VersionAlias(ApiResources resources) {
    this.resources = resources;
  }

  @ServerRequestFilter(preMatching = true, priority = Stage.VERSION_ALIAS)
  void rewrite(ContainerRequestContext request, RoutingContext routing) {
    String path = routing.request().path();
    if (path != null && resources.isAlias(path) && PLAIN.matcher(path).matches()) {
      String below = path.substring(ApiResource.UNVERSIONED.length());
      request.setRequestUri(URI.create(ApiResource.NEWEST + below));
    }
  }
}
