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
    filters.register(GoneClient::observe, TraceId.PRIORITY);
    filters.register(GoneClient::check, RequestHead.AFTER_AUTHORIZATION); // before RequestBody
    filters.register(GoneClient::check, Overload.PRIORITY + 1);
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
