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
 * The conditions of the request under way (RFC 9110, section 13). JAX-RS has a reader of its own,
 * but it takes what is malformed for a tag, and compares weak tags as if they were strong.
 */
public final class Preconditions {

  private static final String NOT_MODIFIED = Preconditions.class.getName();

  public static final String STALE = "If-Match does not name the current entity tag.";

  private static final String ANY = "*";

  private static final String TAG = "(?:W/)?+\"[\\x21\\x23-\\x7e\\x80-\\xff]*+\"";

  /** Possessive throughout: Java matches such a group in a loop, not by recursion. */
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

  /** Of the one that this thread works at, for whoever is not given it. */
  public static Preconditions ofRequest() {
    return of(Arc.container().instance(CurrentVertxRequest.class).get().getCurrent());
  }

  /**
   * Holds the request against what it is about; for a change, once nobody else can change that.
   *
   * @throws ProblemException 412 if the request is not to be done, 400 if a condition is malformed
   */
  public void check(Versioned current) {
    List<String> required = tags(HttpHeaders.IF_MATCH);
    List<String> refused = tags(HttpHeaders.IF_NONE_MATCH);
    String tag = current.etag();
    if (required != null && !required.contains(tag) && !required.contains(ANY)) {
      throw ProblemException.preconditionFailed(STALE);
    }
    if (refused != null
        && (refused.contains(tag) || refused.contains("W/" + tag) || refused.contains(ANY))) {
      if (!request.request().method().name().matches("GET|HEAD")) {
        throw ProblemException.preconditionFailed("If-None-Match names the current entity tag.");
      }
      request.put(NOT_MODIFIED, true);
    }
  }

  /** Whether the request has none. */
  public boolean none() {
    return !request.request().headers().contains(HttpHeaders.IF_MATCH)
        && !request.request().headers().contains(HttpHeaders.IF_NONE_MATCH);
  }

  /** Whether the client has what was checked, so that 304 is the answer. */
  boolean notModified() {
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
