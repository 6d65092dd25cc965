package dev.taskward.pipeline;

import io.quarkus.arc.All;
import io.quarkus.vertx.http.ManagementInterface;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Handler;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Registers every filter that a bean contributes, in the order of {@link Stage}. */
@Singleton
class Pipeline {

  private final Map<Stage, Handler<RoutingContext>> filters = new EnumMap<>(Stage.class);

  Pipeline(@All List<RequestFilters> contributions) {
    contributions.forEach(contribution -> filters.putAll(contribution.filters()));
  }

  void register(@Observes Filters vertx) {
    filters.forEach(
        (stage, filter) -> {
          if (stage != Stage.MANAGEMENT_RESPONSE_HEADERS) {
            vertx.register(filter, stage.priority);
          }
        });
  }

  void register(@Observes ManagementInterface management) {
    Route first = management.router().route().order(Integer.MIN_VALUE);
    first.handler(filters.get(Stage.HEAD_DEADLINE));
    first.handler(filters.get(Stage.MANAGEMENT_RESPONSE_HEADERS));
  }
}
