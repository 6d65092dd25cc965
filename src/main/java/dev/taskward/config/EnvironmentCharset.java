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
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads variables that are not ASCII in any locale. The JVM decodes the environment with the
 * locale's charset; under {@code LC_ALL=C} each other byte becomes U+FFFD, and the secret another
 * one. Linux has the bytes in {@code /proc/self/environ}; they must be UTF-8.
 */
final class EnvironmentCharset {

  private static final char REPLACEMENT = '\uFFFD';

  private static final Path ENVIRON = Path.of("/proc/self/environ");

  static final Pattern SETTING =
      Pattern.compile("(TASKWARD|QUARKUS|MP_JWT|OTEL)_.*|DATABASE_URL|BETTER_AUTH_SECRET");

  private EnvironmentCharset() {}

  /** Nothing is kept: a native image would have it from where it is built. */
  static String corrected(String name, String value) {
    if (value.indexOf(REPLACEMENT) < 0) {
      return value;
    }
    String corrected = new EnvConfigSource(decode(bytes()), 0).getValue(name);
    return corrected == null ? value : corrected;
  }

  /**
   * @throws IllegalArgumentException if a setting can't be decoded; the message is one line for an
   *     operator
   */
  static void check() {
    check(System.getenv(), name -> decode(bytes()).containsKey(name));
  }

  static void check(Map<String, String> environment, Predicate<String> isCorrected) {
    String wrong =
        environment.entrySet().stream()
            .filter(variable -> variable.getValue().indexOf(REPLACEMENT) >= 0)
            .map(Map.Entry::getKey)
            .filter(name -> SETTING.matcher(name).matches() && !isCorrected.test(name))
            .sorted()
            .collect(Collectors.joining(", "));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          wrong + " can't be decoded: it must be UTF-8, and LC_ALL must be C.UTF-8.");
    }
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
      // Stays as it is: error() names it if it is a setting.
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
