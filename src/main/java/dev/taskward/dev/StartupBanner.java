package dev.taskward.dev;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import org.jboss.logging.Logger;

/** Logs the first URLs to open in dev mode, and redirects {@code /} to Swagger UI. */
class StartupBanner {

  private static final Logger LOG = Logger.getLogger("dev.taskward");

  void routes(@Observes Router router) {
    if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
      router.get("/").handler(request -> request.redirect("/q/swagger-ui"));
      router.get("/favicon.ico").handler(request -> request.response().setStatusCode(204).end());
    }
  }

  /** Runs when the port is open, so that each URL works at once. */
  void log(@ObservesAsync HttpServerStart server, SignIn signIn) {
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
      return;
    }
    String base = "http://localhost:" + server.options().getPort();
    LOG.infof(
        """
        Taskward runs in dev mode.

          Swagger UI  %1$s/q/swagger-ui  (Authorize with any user name, no password)
          Dev UI      %1$s/q/dev-ui
          OpenAPI     %1$s/q/openapi
          Health      %1$s/q/health

        A first request, as alice:

          curl -H 'Authorization: Bearer %2$s' %1$s/api/v1/tasks
        """,
        base, signIn.token("alice"));
  }
}
