package dev.taskward.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Lets a request go no further whose client went away while something was waited for, as for its
 * limits to be counted in the database: who registers for its end from then on waits for ever.
 */
@Singleton
class GoneClient {

  private static final String GONE = GoneClient.class.getName();

  void register(@Observes Filters filters) {
    filters.register(GoneClient::observe, FilterOrder.OBSERVERS);
    filters.register(GoneClient::check, FilterOrder.GONE_BEFORE_BODY);
    filters.register(GoneClient::check, FilterOrder.GONE_BEFORE_QUEUE);
  }

  private static void observe(RoutingContext request) {
    request.addEndHandler(ended -> request.put(GONE, true));
    request.next();
  }

  private static void check(RoutingContext request) {
    if (request.get(GONE) == null) {
      request.next();
    }
  }
}
