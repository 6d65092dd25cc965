package dev.taskward.config;

import io.smallrye.config.EnvConfigSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads variables that are not ASCII in any locale. The JVM decodes the environment with the
 * locale's charset; under {@code LC_ALL=C} each other byte becomes U+FFFD, and the secret another
 * one. Linux has the bytes in {@code /proc/self/environ}; they must be UTF-8.
 */
final class EnvironmentCharset {

  private static final char REPLACEMENT = '\uFFFD';

  private static final Path ENVIRON = Path.of("/proc/self/environ");

  private EnvironmentCharset() {}

  /** Nothing is kept: a native image would have it from where it is built. */
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

  /** The variables whose values are not ASCII and valid UTF-8. */
  static Map<String, String> decode(byte[] environ) {
    Map<String, String> variables = new HashMap<>();
    int start = 0;
    for (int end = 0; end < environ.length; end++) {
      if (environ[end] == 0) {
        add(variables, ByteBuffer.wrap(environ, start, end - start));
        start = end + 1;
      }
    }
    return variables;
  }

  private static void add(Map<String, String> variables, ByteBuffer bytes) {
    try {
      String variable = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      int equals = variable.indexOf('=');
      if (equals > 0 && variable.chars().anyMatch(c -> c > 127)) {
        variables.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    } catch (CharacterCodingException e) {
      // Stays as it is: EnvironmentCheck names it if it is a setting.
    }
  }

  private static byte[] bytes() {
    try {
      return Files.readAllBytes(ENVIRON);
    } catch (IOException e) {
      return new byte[0]; // not Linux
    }
  }
}
