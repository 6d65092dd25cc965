package dev.taskward.conditional;

import dev.taskward.problem.ProblemException;
import io.quarkus.arc.Arc;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The preconditions of a request (RFC 9110, section 13). JAX-RS accepts malformed tags and compares
 * weak tags as strong ones.
 */
public final class Preconditions {

  private static final String NOT_MODIFIED = Preconditions.class.getName();

  private static final String STALE = "If-Match does not name the current entity tag.";

  private static final String ANY = "*";

  private static final String TAG = "(?:W/)?+\"[\\x21\\x23-\\x7e\\x80-\\xff]*+\"";

  /** Possessive groups: Java matches them in a loop, not by recursion. */
  private static final Pattern LIST =
      Pattern.compile("(?:[ \\t,]*+" + TAG + "(?=[ \\t]*+(?:,|$)))++[ \\t,]*+");

  private static final Pattern MEMBER = Pattern.compile(TAG);

  private final RoutingContext request;

  private Preconditions(RoutingContext request) {
    this.request = request;
  }

  public static Preconditions of(RoutingContext request) {
    return new Preconditions(request);
  }

  /** The preconditions of this thread's current request. */
  public static Preconditions ofRequest() {
    return of(Arc.container().instance(CurrentVertxRequest.class).get().getCurrent());
  }

  /**
   * Checks the preconditions against the current state. A change locks that state first.
   *
   * @throws ProblemException 412 with the current state if a precondition fails, 400 if one is
   *     malformed
   */
  public void check(Versioned current) {
    String failure = failure(current.etag());
    if (failure != null) {
      throw ProblemException.preconditionFailed(failure)
          .with(current.representation(), current.etag());
    }
  }

  /**
   * The same for a representation that is no entity.
   *
   * @param tag its entity tag
   */
  public void check(String tag) {
    String failure = failure(tag);
    if (failure != null) {
      throw ProblemException.preconditionFailed(failure);
    }
  }

  /** Why a precondition fails; null if none does. */
  private String failure(String tag) {
    List<String> required = tags(HttpHeaders.IF_MATCH);
    List<String> refused = tags(HttpHeaders.IF_NONE_MATCH);
    if (required != null && !required.contains(tag) && !required.contains(ANY)) {
      return STALE;
    }
    if (refused != null
        && (refused.contains(tag) || refused.contains("W/" + tag) || refused.contains(ANY))) {
      if (!request.request().method().name().matches("GET|HEAD")) {
        return "If-None-Match names the current entity tag.";
      }
      request.put(NOT_MODIFIED, true);
    }
    return null;
  }

  /** Whether the request has no preconditions. */
  public boolean none() {
    return !request.request().headers().contains(HttpHeaders.IF_MATCH)
        && !request.request().headers().contains(HttpHeaders.IF_NONE_MATCH);
  }

  /** Whether the client has the current state, so that the response is 304. */
  public boolean notModified() {
    return request.get(NOT_MODIFIED) != null;
  }

  /** The members of the header; null if it is absent. */
  private List<String> tags(String header) {
    List<String> lines = request.request().headers().getAll(header);
    if (lines.isEmpty()) {
      return null;
    }
    String value = String.join(",", lines).strip();
    if (value.equals(ANY)) {
      return List.of(ANY);
    }
    if (!LIST.matcher(value).matches()) {
      throw ProblemException.invalid(header, "must be * or a list of entity tags");
    }
    return MEMBER.matcher(value).results().map(MatchResult::group).toList();
  }
}
