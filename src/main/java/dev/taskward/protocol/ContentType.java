package dev.taskward.protocol;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;

/** The media type of a body (RFC 9110, 8.3). */
final class ContentType {

  /**
   * Writes type and subtype in lower case and without surrounding spaces. Quarkus REST compares
   * them unchanged, by the case rules of the JVM's language.
   *
   * @return the normalised value; null if the header is absent
   */
  static String normalise(MultiMap headers) {
    String sent = headers.get(HttpHeaders.CONTENT_TYPE);
    if (sent == null) {
      return null;
    }
    int end = sent.indexOf(';');
    String type = (end < 0 ? sent : sent.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    String value = end < 0 ? type : type + ';' + sent.substring(end + 1).strip();
    if (!value.equals(sent)) {
      headers.set(HttpHeaders.CONTENT_TYPE, value);
    }
    return value;
  }

  private ContentType() {}
}
