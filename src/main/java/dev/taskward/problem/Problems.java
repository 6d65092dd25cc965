package dev.taskward.problem;

import com.fasterxml.jackson.databind.DatabindException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.taskward.common.ApiResources;
import dev.taskward.common.DatabaseFailure;
import dev.taskward.common.LogLine;
import dev.taskward.observability.QueryRedaction;
import dev.taskward.observability.SecurityLog;
import dev.taskward.observability.TraceId;
import dev.taskward.problem.Problem.Failure;
import dev.taskward.problem.Problem.FieldError;
import io.quarkus.arc.Arc;
import io.quarkus.security.ForbiddenException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.ConstraintViolationException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;

/**
 * Turns a failure into the problem that the client gets. Only the message of a {@link
 * ProblemException} is written for clients and sent. All other texts are composed here, so no
 * class, table or SQL appears in a response.
 */
public final class Problems {

  /** The key of a request whose body is being read or is incomplete. */
  static final String BODY_INCOMPLETE = Problems.class.getName() + ".body";

  private static final int MEDIA_TYPE_MAX = 100;

  private static final Logger LOG = Logger.getLogger(Problems.class);

  static Problem of(Throwable failure, RoutingContext request) {
    TraceId.of(request); // sets the log's trace id, also without filters
    if (failure instanceof ProblemException e) {
      int status = e.getResponse().getStatus();
      return of(e.type(), status, e.getMessage(), e.errors(), e.failures(), request)
          .with(e.current());
    }
    if (failure instanceof ForeignResourceException e) {
      return of(403, e.getMessage(), List.of(), request);
    }
    if (failure instanceof ConstraintViolationException e) {
      return invalid(InputErrors.of(e.getConstraintViolations()), request);
    }
    if (failure instanceof MismatchedInputException e) {
      return invalid(List.of(InputErrors.of(e)), request);
    }
    if (failure instanceof NotFoundException && failure.getCause() != null) {
      // JAX-RS wraps every failure of reading a parameter.
      return of(failure.getCause(), request);
    }
    if (failure instanceof WebApplicationException e) {
      int status = e.getResponse().getStatus();
      return status == 400 && e.getCause() != null
          ? of(status, InputErrors.detail(e.getCause()), List.of(), request)
          : of(status, request);
    }
    if (isConnectionFailure(failure) || request.get(BODY_INCOMPLETE) != null) { // client's fault
      LOG.debug(line(request), failure);
      return of(400, InputErrors.malformed(), List.of(), request);
    }
    if (failure instanceof SecurityException) {
      return of(failure instanceof ForbiddenException ? 403 : 401, request);
    }
    if (failure instanceof RejectedExecutionException || DatabaseFailure.isUnavailable(failure)) {
      LOG.warnf("%s: %s", line(request), failure);
      return of(503, request);
    }
    LOG.errorf(QueryRedaction.of(failure, request), "%s failed", line(request));
    return of(500, request);
  }

  /** Whether the connection failed, for instance in a chunk; not a failure of JSON mapping. */
  static boolean isConnectionFailure(Throwable failure) {
    return (failure instanceof IOException && !(failure instanceof DatabindException))
        || failure instanceof HttpClosedException;
  }

  /** The problem of a status. */
  static Problem of(int status, RoutingContext request) {
    TraceId.of(request);
    return of(status, detail(status, request), List.of(), request);
  }

  /** The same without a log line. */
  static Problem unlogged(int status, RoutingContext request) {
    return document(Problem.TYPE, status, detail(status, request), List.of(), List.of(), request);
  }

  private static String detail(int status, RoutingContext request) {
    return status == 415
        ? unsupported(request)
        : Problem.detail(status, request.request().method().name());
  }

  /** Says what this path reads, and what was sent. */
  private static String unsupported(RoutingContext request) {
    String read =
        Arc.container()
            .instance(ApiResources.class)
            .get()
            .bodyType(request.request().method().name(), request.normalizedPath());
    String sent = request.request().getHeader(HttpHeaders.CONTENT_TYPE);
    return sent == null
        ? "The body must be %s.".formatted(read)
        : "The body must be %s, not %s.".formatted(read, LogLine.printable(cut(sent)));
  }

  private static String cut(String mediaType) {
    return mediaType.length() > MEDIA_TYPE_MAX
        ? mediaType.substring(0, MEDIA_TYPE_MAX) + "…"
        : mediaType;
  }

  private static Problem invalid(List<FieldError> errors, RoutingContext request) {
    return of(400, Problem.invalidInput(), errors, request);
  }

  private static Problem of(
      int status, String detail, List<FieldError> errors, RoutingContext request) {
    return of(Problem.TYPE, status, detail, errors, List.of(), request);
  }

  private static Problem of(
      String type,
      int status,
      String detail,
      List<FieldError> errors,
      List<Failure> failures,
      RoutingContext request) {
    // The log has every trace id that a client gets.
    if (!SecurityLog.write(status, request)) {
      LOG.infof("%d %s", status, line(request));
    }
    return document(type, status, detail, errors, failures, request);
  }

  private static Problem document(
      String type,
      int status,
      String detail,
      List<FieldError> errors,
      List<Failure> failures,
      RoutingContext request) {
    return new Problem(
        type,
        Problem.title(status),
        status,
        detail,
        Objects.requireNonNullElse(request.request().path(), request.request().uri()),
        TraceId.of(request),
        errors,
        failures,
        null);
  }

  private static String line(RoutingContext request) {
    return LogLine.printable(request.request().method() + " " + request.request().path());
  }

  private Problems() {}
}
