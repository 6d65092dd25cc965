package dev.taskward.http;

import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.taskward.config.TaskwardConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.validation.ValidationException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The only two doors through which an error leaves: JAX-RS, from routing to commit, and below it
 * the router, with authentication, body limit and paths that can't be read. Both send a {@link
 * Problem}.
 */
@ApplicationScoped
public class ErrorResponses {

  /** Seconds after which a 503 is worth a second try. */
  private static final String RETRY_AFTER = "5";

  private final boolean concealForeign;

  ErrorResponses(TaskwardConfig config) {
    this.concealForeign = config.concealForeignTasks();
  }

  /** The types beside Throwable have mappers of Quarkus' own, which this one displaces. */
  @ServerExceptionMapper({
    Throwable.class,
    WebApplicationException.class,
    NotFoundException.class,
    MismatchedInputException.class,
    ValidationException.class
  })
  Response jaxRs(Throwable thrown, RoutingContext request) {
    Throwable failure =
        concealForeign && thrown instanceof ForeignResourceException e ? e.concealed() : thrown;
    Problem problem = Problems.of(failure, request);
    Response.ResponseBuilder response =
        Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
    if (problem.status() == 503) {
      response.header(HttpHeaders.RETRY_AFTER.toString(), RETRY_AFTER);
    }
    return response.build();
  }

  void router(@Observes Router router) {
    router.route().order(Integer.MIN_VALUE).failureHandler(this::router);
    // Where not even a route could be looked for: a path that can't be decoded, no Host.
    router.errorHandler(400, this::router);
  }

  private void router(RoutingContext request) {
    if (request.response().headWritten()) {
      request.next();
    } else if (request.failure() == null || request.statusCode() == 400) {
      send(Problems.of(request.statusCode(), request), request);
    } else {
      send(Problems.of(request.failure(), request), request);
    }
  }

  /** Ends the request with the problem; headers that were set before stay. */
  public static void send(Problem problem, RoutingContext request) {
    HttpServerResponse response = request.response();
    response.setStatusCode(problem.status());
    response.putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
    if (problem.status() == 413) {
      // The rest of the body is not read, so nothing can follow it.
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    if (problem.status() == 503) {
      response.putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER);
    }
    response.end(Json.encodeToBuffer(problem));
  }
}
