package dev.taskward.common;

import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Writes log lines that no client's text can break or imitate. */
public final class LogLine {

  /** Control, format and unassigned characters, line ends, quotes and backslashes. */
  private static final Pattern UNSAFE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\"\\\\]");

  /** The event, then {@code name="value"} for each field. */
  public static String text(String what, Map<String, String> fields) {
    StringBuilder line = new StringBuilder(what);
    fields.forEach((name, value) -> line.append(' ' + name + "=\"" + value + '"'));
    return line.toString();
  }

  /** Logs a line; JSON logs have the fields, too. */
  public static void write(Logger log, String line, Map<String, String> fields) {
    fields.forEach(MDC::put);
    try {
      log.info(line);
    } finally {
      fields.keySet().forEach(MDC::remove);
    }
  }

  /** The text with each unsafe character written as {@code \}{@code uXXXX}. */
  public static String printable(String text) {
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

  private LogLine() {}
}
