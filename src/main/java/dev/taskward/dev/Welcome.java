package dev.taskward.dev;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Logs the first URLs to open in dev mode, and redirects {@code /} to Swagger UI. */
class Welcome {

  private static final Logger LOG = Logger.getLogger("dev.taskward");

  void redirect(@Observes Router router) {
    if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
      router.get("/").handler(request -> request.redirect("/q/swagger-ui"));
    }
  }

  void log(
      @Observes StartupEvent started,
      SignIn signIn,
      @ConfigProperty(name = "quarkus.http.port") int port) {
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
      return;
    }
    String base = "http://localhost:" + port;
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
