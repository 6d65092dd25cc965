package dev.taskward.observability;

import dev.taskward.common.LogLine;
import dev.taskward.proxy.ClientAddress;
import io.micrometer.core.instrument.Metrics;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Writes one line for each refused request to the log category {@code dev.taskward.security}. Its
 * fields are in the text and, in JSON logs, in {@code mdc} beside the trace id. It holds no token
 * and no query, and a client's text cannot imitate a line or a field.
 */
public final class SecurityLog {

  /** The kind of refusal. The log has it in lower case. */
  public enum Event {
    /** No token, or none that is accepted. */
    TOKEN_REFUSED,
    /** The token lacks a scope. */
    SCOPE_MISSING,
    /** The resource, which the path names, belongs to another user. */
    FOREIGN_RESOURCE,
    /** More requests than the limit allows. */
    RATE_LIMITED,
    /** The user has reached a quota. */
    QUOTA_REACHED
  }

  private record Refusal(Event event, String reason) {}

  private static final Logger LOG = Logger.getLogger("dev.taskward.security");

  private static final String KEY = SecurityLog.class.getName();

  /**
   * Notes why this request is refused. {@link #write} logs it with the response.
   *
   * @param reason a fixed text, without any text of the client
   */
  public static void note(RoutingContext request, Event event, String reason) {
    request.put(KEY, new Refusal(event, reason));
  }

  /** Logs and counts the response if it is a refusal, and returns whether it is. */
  public static boolean write(int status, RoutingContext request) {
    Refusal refusal = request.get(KEY);
    if (refusal == null && status == 401) {
      refusal = new Refusal(Event.TOKEN_REFUSED, "no bearer token");
    }
    if (refusal == null) {
      return false;
    }
    // Both are fixed texts, so there are few series.
    String event = refusal.event.name().toLowerCase(Locale.ROOT);
    Metrics.counter("taskward.refusals", "event", event, "reason", refusal.reason).increment();
    Map<String, String> fields = fields(refusal, status, request);
    String line = LogLine.text(event, fields);
    fields.put("event", event);
    LogLine.write(LOG, line, fields);
    return true;
  }

  private static Map<String, String> fields(Refusal refusal, int status, RoutingContext request) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("status", Integer.toString(status));
    fields.put("method", LogLine.printable(request.request().method().name()));
    fields.put("path", LogLine.printable(request.request().path()));
    fields.put("address", LogLine.printable(ClientAddress.of(request)));
    String subject = subject(request);
    if (subject != null) {
      fields.put("subject", LogLine.printable(subject));
    }
    fields.put("reason", refusal.reason);
    return fields;
  }

  /** The subject of the verified token; null without one. */
  public static String subject(RoutingContext request) {
    return request.user() instanceof QuarkusHttpUser user
            && !user.getSecurityIdentity().isAnonymous()
        ? user.getSecurityIdentity().getPrincipal().getName()
        : null;
  }

  private SecurityLog() {}
}
