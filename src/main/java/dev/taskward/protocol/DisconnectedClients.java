package dev.taskward.protocol;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Map;

/**
 * Stops requests whose client disconnected, for instance while the database counted their rate
 * limit. A handler that registers for the end of such a request is never called.
 */
@Singleton
class DisconnectedClients implements RequestFilters {

  private static final String DISCONNECTED = DisconnectedClients.class.getName();

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(
        Stage.DISCONNECT, DisconnectedClients::observe,
        Stage.DISCONNECTED_BEFORE_BODY, DisconnectedClients::check,
        Stage.DISCONNECTED_BEFORE_ADMISSION, DisconnectedClients::check);
  }

  private static void observe(RoutingContext request) {
    request.addEndHandler(ended -> request.put(DISCONNECTED, true));
    request.next();
  }

  private static void check(RoutingContext request) {
    if (request.get(DISCONNECTED) == null) {
      request.next();
    }
  }
}
