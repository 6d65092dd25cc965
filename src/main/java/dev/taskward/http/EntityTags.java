package dev.taskward.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Every answer with something {@link Tagged} has its {@code ETag}; 304 if the client has it. */
class EntityTags {

  @ServerResponseFilter
  void add(RoutingContext request, ContainerResponseContext response) {
    if (response.getEntity() instanceof Tagged answer) {
      response.getHeaders().putSingle(HttpHeaders.ETAG, answer.etag());
      if (Conditions.of(request).notModified()) {
        response.setStatus(304);
        response.setEntity(null);
      }
    }
  }
}
