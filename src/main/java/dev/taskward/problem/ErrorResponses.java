package dev.taskward.problem;

import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.taskward.common.DatabaseFailure;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.pipeline.ResponseHeaders;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.core.MultiMap;
import io.vertx.core.json.Json;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.validation.ValidationException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Sends a {@link Problem} for every error. JAX-RS handles failures from routing to commit. The
 * router handles earlier ones: of authentication, the body limit and unreadable paths.
 */
@ApplicationScoped
public class ErrorResponses {

  /** Headers that a status requires (RFC 6750, RFC 9110). */
  private static final Map<Integer, Map<String, String>> HEADERS =
      Map.of(
          401, Map.of(HttpHeaders.WWW_AUTHENTICATE, "Bearer"),
          409, Map.of(HttpHeaders.RETRY_AFTER, "1"),
          429, Map.of(HttpHeaders.RETRY_AFTER, "5"),
          503, Map.of(HttpHeaders.RETRY_AFTER, "5"));

  private final boolean concealForeign;
  private final Event<DatabaseFailure.Unavailable> databaseUnavailable;

  ErrorResponses(TaskwardConfig config, Event<DatabaseFailure.Unavailable> databaseUnavailable) {
    this.databaseUnavailable = databaseUnavailable;
    this.concealForeign = config.concealForeignTasks();
  }

  /** The types besides Throwable replace Quarkus' own mappers. */
  @ServerExceptionMapper({
    Throwable.class,
    AuthenticationFailedException.class,
    ForbiddenException.class,
    InvalidDefinitionException.class,
    MismatchedInputException.class,
    NotFoundException.class,
    UnauthorizedException.class,
    ValidationException.class,
    WebApplicationException.class
  })
  Response jaxRs(Throwable failure, RoutingContext request) {
    Problem problem = problem(failure, request);
    Response.ResponseBuilder response =
        Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
    MultiMap sent = request.response().headers();
    headers(problem)
        .forEach(
            (name, value) -> {
              if (!sent.contains(name)) { // a rate limit knows how long to wait
                response.header(name, value);
              }
            });
    if (failure instanceof ProblemException e && e.currentTag() != null) {
      response.header(HttpHeaders.ETAG, e.currentTag());
    }
    closeIfUnread(problem, request);
    return response.build();
  }

  /** The problem of a failure on a worker thread. It logs the failure. */
  public Problem problem(Throwable failure, RoutingContext request) {
    if (failure instanceof ForeignResourceException) {
      SecurityLog.note(request, SecurityLog.Event.FOREIGN_RESOURCE, "belongs to another user");
    }
    if (DatabaseFailure.isUnavailable(failure)) {
      databaseUnavailable.fire(new DatabaseFailure.Unavailable());
    }
    return concealForeign && failure instanceof ForeignResourceException e
        ? Problems.of(e.concealed(), request)
        : Problems.of(failure, request);
  }

  void router(@Observes Router router) {
    router.route().order(Integer.MIN_VALUE).failureHandler(this::router);
    // Failures before any route: a path that can't be decoded, no Host.
    router.errorHandler(400, this::router);
  }

  private void router(RoutingContext request) {
    if (request.response().headWritten()) {
      if (!Problems.isConnectionFailure(request.failure())) { // it fails again as it closes
        request.next();
      }
    } else if (request.failure() == null || request.statusCode() == 400) {
      // The head cannot be trusted, unless only its path can't be decoded.
      if (request.statusCode() == 400 && !(request.failure() instanceof IllegalArgumentException)) {
        closeAfter(request);
      }
      send(request.statusCode(), request);
    } else {
      send(Problems.of(request.failure(), request), request);
    }
  }

  /** Ends the request with the problem of a status. */
  public static void send(int status, RoutingContext request) {
    send(Problems.of(status, request), request);
  }

  /** The same without a log line. The log counts such requests in one line. */
  public static void sendUnlogged(int status, RoutingContext request) {
    send(Problems.unlogged(status, request), request);
  }

  private static void send(Problem problem, RoutingContext request) {
    MultiMap sent = request.response().headers();
    headers(problem)
        .forEach(
            (name, value) -> {
              if (!sent.contains(name)) { // authentication may have set a longer challenge
                sent.set(name, value);
              }
            });
    closeIfUnread(problem, request);
    ResponseHeaders.set(request); // for requests that passed no filter
    request
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .end(Json.encodeToBuffer(problem));
  }

  private static Map<String, String> headers(Problem problem) {
    // A problem with a type of its own does not pass by waiting.
    return problem.type().equals(Problem.TYPE)
        ? HEADERS.getOrDefault(problem.status(), Map.of())
        : Map.of();
  }

  private static void closeIfUnread(Problem problem, RoutingContext request) {
    if (problem.status() == 413) {
      closeAfter(request);
    }
  }

  /** Makes the response the last one of its connection. */
  public static void closeAfter(RoutingContext request) {
    request.response().putHeader("Connection", "close");
  }

  /** Until {@link #completeBody}, a failure of this request counts as an incomplete body. */
  public static void expectBody(RoutingContext request) {
    request.put(Problems.BODY_INCOMPLETE, true);
  }

  /** Marks the body as complete. */
  public static void completeBody(RoutingContext request) {
    request.remove(Problems.BODY_INCOMPLETE);
  }
}
