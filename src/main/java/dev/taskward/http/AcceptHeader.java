package dev.taskward.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Objects;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * A quality of 0 means "not acceptable" (RFC 9110, 12.4.2); to Quarkus REST it is the least of
 * preferences. Everything with a body is JSON here, and the closest range decides.
 */
class AcceptHeader {

  private static final List<MediaType> CLOSEST_FIRST =
      List.of(
          MediaType.APPLICATION_JSON_TYPE,
          new MediaType("application", MediaType.MEDIA_TYPE_WILDCARD),
          MediaType.WILDCARD_TYPE);

  @ServerRequestFilter
  void check(ContainerRequestContext request, RoutingContext routing) {
    // Of JAX-RS, the first question about a header costs a copy of all.
    List<String> headers = routing.request().headers().getAll(HttpHeaders.ACCEPT);
    if (headers.stream().noneMatch(header -> header.indexOf(';') >= 0) // no range has a quality
        || request.getMethod().equals(HttpMethod.DELETE)) { // it answers without a body
      return;
    }
    List<MediaType> accepted = request.getAcceptableMediaTypes();
    CLOSEST_FIRST.stream()
        .map(range -> accepted.stream().filter(a -> isSame(a, range)).findFirst().orElse(null))
        .filter(Objects::nonNull)
        .findFirst()
        .map(range -> range.getParameters().getOrDefault("q", "1"))
        .filter(quality -> quality.matches("0(\\.0{0,3})?"))
        .ifPresent(
            zero -> {
              throw new NotAcceptableException();
            });
  }

  private static boolean isSame(MediaType a, MediaType b) {
    return a.getType().equalsIgnoreCase(b.getType())
        && a.getSubtype().equalsIgnoreCase(b.getSubtype());
  }
}
