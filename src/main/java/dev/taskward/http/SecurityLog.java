package dev.taskward.http;

import io.micrometer.core.instrument.Metrics;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Who was refused, where and why: one line for each refusal, in the category {@code
 * dev.taskward.security}. Its fields are in the text and, where the log is JSON, fields of {@code
 * mdc} beside the trace id. There is never a token in it, nor a query, which may have the text of a
 * task; and no text of a client's can pass for a line or a field of ours.
 */
public final class SecurityLog {

  /** What happened; the log has it in lower case. */
  public enum Event {
    /** No token, or none that is accepted. */
    TOKEN_REFUSED,
    /** The token lacks a scope. */
    SCOPE_MISSING,
    /** Another user's task was asked for; the path says which. */
    FOREIGN_TASK,
    /** More requests than the limit allows. */
    RATE_LIMITED,
    /** As many tasks as one user may have. */
    QUOTA_REACHED
  }

  private record Refusal(Event event, String reason) {}

  private static final Logger LOG = Logger.getLogger("dev.taskward.security");

  private static final String KEY = SecurityLog.class.getName();

  /** Controls, what changes how text is shown, and line ends of any kind; and our own quotes. */
  private static final Pattern UNSAFE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\"\\\\]");

  /**
   * Says why this request is about to be refused; the line is written with its answer.
   *
   * @param reason in our words, nothing of the client's
   */
  public static void note(RoutingContext request, Event event, String reason) {
    request.put(KEY, new Refusal(event, reason));
  }

  /** Whether the answer is a refusal, which then is in the log. */
  static boolean write(int status, RoutingContext request) {
    Refusal refusal = request.get(KEY);
    if (refusal == null && status == 401) {
      refusal = new Refusal(Event.TOKEN_REFUSED, "no bearer token");
    }
    if (refusal == null) {
      return false;
    }
    // Both are words of ours, so there are few series.
    String event = refusal.event.name().toLowerCase(Locale.ROOT);
    Metrics.counter("taskward.refusals", "event", event, "reason", refusal.reason).increment();
    Map<String, String> fields = fields(refusal, status, request);
    String line = line(event, fields);
    fields.put("event", event);
    write(LOG, line, fields);
    return true;
  }

  /** What happened, and {@code name="value"} of each field. */
  static String line(String what, Map<String, String> fields) {
    StringBuilder line = new StringBuilder(what);
    fields.forEach((name, value) -> line.append(' ' + name + "=\"" + value + '"'));
    return line.toString();
  }

  /** Writes a line that has these fields in JSON, too. */
  static void write(Logger log, String line, Map<String, String> fields) {
    fields.forEach(MDC::put);
    try {
      log.info(line);
    } finally {
      fields.keySet().forEach(MDC::remove);
    }
  }

  private static Map<String, String> fields(Refusal refusal, int status, RoutingContext request) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("status", Integer.toString(status));
    fields.put("method", printable(request.request().method().name()));
    fields.put("path", printable(request.request().path()));
    fields.put("address", printable(ClientAddress.of(request)));
    String subject = subject(request);
    if (subject != null) {
      fields.put("subject", printable(subject));
    }
    fields.put("reason", refusal.reason);
    return fields;
  }

  /** Of the verified token; null without one. */
  static String subject(RoutingContext request) {
    return request.user() instanceof QuarkusHttpUser user
            && !user.getSecurityIdentity().isAnonymous()
        ? user.getSecurityIdentity().getPrincipal().getName()
        : null;
  }

  /** The text with whatever could disturb a log written as {@code \}{@code uXXXX}. */
  static String printable(String text) {
    return text == null
        ? ""
        : UNSAFE
            .matcher(text)
            .replaceAll(
                found ->
                    found
                        .group()
                        .chars()
                        .mapToObj("\\\\u%04x"::formatted)
                        .reduce("", String::concat));
  }

  private SecurityLog() {}
}
