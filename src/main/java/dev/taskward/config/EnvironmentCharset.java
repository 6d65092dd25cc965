package dev.taskward.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.smallrye.config.EnvConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Decodes variables that are not ASCII, in any locale. The JVM decodes the environment with the
 * locale's charset. Under {@code LC_ALL=C} it replaces other bytes by U+FFFD, which changes a
 * secret. Linux has the bytes in {@code /proc/self/environ}. They must be UTF-8.
 */
final class EnvironmentCharset {

  private static final char REPLACEMENT = '\uFFFD';

  private static final Path ENVIRON = Path.of("/proc/self/environ");

  private EnvironmentCharset() {}

  /** Stores nothing: a native image would contain the environment of its build. */
  static String corrected(String name, String value) {
    if (value.indexOf(REPLACEMENT) < 0) {
      return value;
    }
    String corrected = new EnvConfigSource(decode(bytes()), 0).getValue(name);
    return corrected == null ? value : corrected;
  }

  /** Whether the JVM can't decode the value and {@link #corrected} can't either. */
  static boolean isUndecoded(String name, String value) {
    return value.indexOf(REPLACEMENT) >= 0 && !decode(bytes()).containsKey(name);
  }

  /** Returns the variables that are not ASCII and valid UTF-8. */
  static Map<String, String> decode(byte[] environ) {
    Map<String, String> variables = new HashMap<>();
    for (String variable : new String(environ, ISO_8859_1).split("\0")) { // a byte a character
      byte[] bytes = variable.getBytes(ISO_8859_1);
      String text = new String(bytes, UTF_8);
      int equals = text.indexOf('=');
      if (equals > 0 && !text.equals(variable) && Arrays.equals(text.getBytes(UTF_8), bytes)) {
        variables.put(text.substring(0, equals), text.substring(equals + 1));
      }
    }
    return variables;
  }

  private static byte[] bytes() {
    try {
      return Files.readAllBytes(ENVIRON);
    } catch (IOException e) {
      return new byte[0]; // not Linux
    }
  }
}
