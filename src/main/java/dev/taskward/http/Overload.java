package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.Priorities;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Sheds what waited for a thread so long that its client may have given up: answering it would only
 * make those behind it as late. The queue itself is bounded, too (quarkus.thread-pool.queue-size);
 * what finds it full is a 503 at once.
 */
final class Overload {

  private static final String KEY = Overload.class.getName();

  /** Asked late: filters are made before there is a configuration. */
  private final Instance<TaskwardConfig> config;

  Overload(Instance<TaskwardConfig> config) {
    this.config = config;
  }

  @ServerRequestFilter(preMatching = true)
  void queue(RoutingContext request) {
    request.put(KEY, System.nanoTime());
  }

  @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
  void shed(RoutingContext request) {
    long waited = System.nanoTime() - request.<Long>get(KEY);
    if (waited > config.get().maxQueueTime().toNanos()) {
      throw ProblemException.unavailable();
    }
  }
}
