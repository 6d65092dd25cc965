package dev.taskward.config;

import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Settings of Quarkus and OpenTelemetry that no table of ours has. When one is wrong, a library
 * says what is wrong with the value, but not which setting it is.
 */
public final class UncheckedSettings {

  /** Checked elsewhere in this package. */
  private static final String CHECKED =
      "QUARKUS_(HTTP|MANAGEMENT)_PORT|QUARKUS_(DATASOURCE|FLYWAY)_(JDBC_URL|USERNAME|PASSWORD)";

  private UncheckedSettings() {}

  /** One line that names the variables that may be the cause of a start that failed. */
  public static Optional<String> error(Throwable failure, Set<String> environment) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    // TaskwardConfig's own settings are converted there, and nowhere else.
    String kinds =
        cause instanceof ConfigValidationException ? "(TASKWARD|QUARKUS)_.*" : "(QUARKUS|OTEL)_.*";
    Set<String> checked = ValueFormats.variables();
    String suspects =
        environment.stream()
            .filter(name -> name.matches(kinds) && !name.matches(CHECKED))
            .filter(name -> !checked.contains(name))
            .sorted()
            .collect(Collectors.joining(", "));
    return suspects.isEmpty() || !isOfValue(cause)
        ? Optional.empty()
        : Optional.of(
            "The start failed: %s. One of these settings may be wrong: %s."
                .formatted(line(cause), suspects));
  }

  private static boolean isOfValue(Throwable cause) {
    return cause instanceof IllegalArgumentException
        || cause instanceof ArithmeticException
        || cause instanceof IOException
        || cause instanceof ConfigValidationException
        || cause instanceof ConfigurationException;
  }

  private static String line(Throwable cause) {
    String text =
        cause instanceof ConfigValidationException e
            ? e.getProblem(0).getMessage().replaceAll("\\b([a-z]+\\.)+(?=\\w+Exception)", "")
            : cause.getClass().getSimpleName() + ": " + cause.getMessage();
    return text.lines().findFirst().orElse("").replaceAll("\\.$", "");
  }
}
