package dev.taskward.conditional;

import dev.taskward.pipeline.Stage;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Sets {@code ETag} for every {@link Versioned} entity; returns 304 if the client has it. */
class EntityTagFilter {

  @ServerResponseFilter(priority = Stage.ENTITY_TAG)
  void add(RoutingContext request, ContainerResponseContext response) {
    if (response.getEntity() instanceof Versioned entity) {
      response.getHeaders().putSingle(HttpHeaders.ETAG, entity.etag());
      if (Preconditions.of(request).notModified()) {
        response.setStatus(304);
        response.setEntity(null);
      }
    }
  }
}
