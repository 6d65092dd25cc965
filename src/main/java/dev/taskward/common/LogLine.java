package dev.taskward.common;

import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** A line of the log about a request, which no client's text can disturb or pass for. */
public final class LogLine {

  /** Controls, what changes how text is shown, and line ends of any kind; and our own quotes. */
  private static final Pattern UNSAFE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\"\\\\]");

  /** What happened, and {@code name="value"} of each field. */
  public static String text(String what, Map<String, String> fields) {
    StringBuilder line = new StringBuilder(what);
    fields.forEach((name, value) -> line.append(' ' + name + "=\"" + value + '"'));
    return line.toString();
  }

  /** Writes a line that has these fields in JSON, too. */
  public static void write(Logger log, String line, Map<String, String> fields) {
    fields.forEach(MDC::put);
    try {
      log.info(line);
    } finally {
      fields.keySet().forEach(MDC::remove);
    }
  }

  /** The text with whatever could disturb a log written as {@code \}{@code uXXXX}. */
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
