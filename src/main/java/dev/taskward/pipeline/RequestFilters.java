package dev.taskward.pipeline;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;

/** The filters that a bean contributes to the {@link Pipeline}; each has a stage of its own. */
public interface RequestFilters {

  Map<Stage, Handler<RoutingContext>> filters();
}
