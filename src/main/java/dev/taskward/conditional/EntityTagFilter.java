package dev.taskward.conditional;

import dev.taskward.pipeline.Stage;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Every answer with something {@link Versioned} has its {@code ETag}; 304 if the client has it. */
class EntityTagFilter {

  @ServerResponseFilter(priority = Stage.ENTITY_TAG)
  void add(RoutingContext request, ContainerResponseContext response) {
    if (response.getEntity() instanceof Versioned answer) {
      response.getHeaders().putSingle(HttpHeaders.ETAG, answer.etag());
      if (Preconditions.of(request).notModified()) {
        response.setStatus(304);
        response.setEntity(null);
      }
    }
  }
}
