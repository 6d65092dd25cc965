package dev.taskward.config;

import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.util.ExceptionUtil;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigValidationException;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Checks all environment variables. SmallRye Config reads the settings that it knows and ignores
 * the others.
 */
public final class EnvironmentCheck {

  private static final Logger LOG = Logger.getLogger(EnvironmentCheck.class);

  private static final Pattern SETTING =
      Pattern.compile("(TASKWARD|QUARKUS|MP_JWT|OTEL)_.*|DATABASE_URL|BETTER_AUTH_SECRET");

  /** Kubernetes sets these for a Service whose name is taskward. */
  private static final String SERVICE_LINK = "TASKWARD_(SERVICE|PORT)(_.*)?";

  /**
   * @throws SettingsException if a setting can't be decoded, or has no effect on tokens
   */
  public static void check(Map<String, String> environment) {
    String undecoded =
        names(
            environment,
            (name, value) -> isSetting(name) && EnvironmentCharset.isUndecoded(name, value));
    if (!undecoded.isEmpty()) {
      throw new SettingsException(
          undecoded + " can't be decoded: it must be UTF-8, and LC_ALL must be C.UTF-8.");
    }
    String unused = names(environment, (name, value) -> TokenSettings.isWithoutEffect(name));
    if (!unused.isEmpty()) {
      boolean several = unused.contains(",");
      throw new SettingsException(
          "%s %s no effect in this service: remove %s, see docs/configuration.md."
              .formatted(unused, several ? "have" : "has", several ? "them" : "it"));
    }
  }

  void warn(@Observes StartupEvent start) {
    String unknown = unknown(System.getenv());
    if (!unknown.isEmpty()) {
      LOG.warnf("Unknown settings without effect: %s", unknown);
    }
    String cut = cut(System.getenv());
    if (!cut.isEmpty()) {
      LOG.warnf("The line break at the end is not part of the value: %s", cut);
    }
  }

  /**
   * Returns the variables that look like settings but are none. A typing error can turn off a
   * limit. It causes only a warning, because the name may belong to another program.
   */
  static String unknown(Map<String, String> environment) {
    Set<String> known = variables(TaskwardConfig.class).collect(Collectors.toSet());
    return names(
        environment,
        (name, value) ->
            TraceSettings.isIgnored(name)
                || name.startsWith("TASKWARD_")
                    && !name.matches(SERVICE_LINK)
                    && !known.contains(name));
  }

  /**
   * Returns the settings whose value ends with a line break. {@link EnvironmentValues} cuts it off,
   * but the issuer's secret may have it.
   */
  static String cut(Map<String, String> environment) {
    return names(
        environment,
        (name, value) ->
            isSetting(name)
                && !name.equals("MP_JWT_VERIFY_PUBLICKEY") // a PEM has one
                && value.matches("(?s).*[\\r\\n]"));
  }

  /**
   * Returns a line with the variables that no mapping checks. A library says what is wrong with a
   * value, but not which variable it is.
   */
  public static Optional<String> suspects(Throwable failure, Map<String, String> environment) {
    Throwable cause = ExceptionUtil.getRootCause(failure);
    Set<String> checked =
        Stream.of(TaskwardConfig.class, DeploymentSettings.class)
            .flatMap(EnvironmentCheck::variables)
            .collect(Collectors.toSet());
    String suspects =
        names(
            environment,
            (name, value) ->
                name.matches("(QUARKUS|OTEL)_.*")
                    && !name.matches(".*_(JDBC_URL|USERNAME|PASSWORD)")
                    && !checked.contains(name));
    boolean isOfValue =
        cause instanceof IllegalArgumentException
            || cause instanceof ArithmeticException
            || cause instanceof IOException
            || cause instanceof ConfigValidationException
            || cause instanceof ConfigurationException;
    return suspects.isEmpty() || !isOfValue
        ? Optional.empty()
        : Optional.of(
            "Startup failed: %s: %s. One of these settings may be wrong: %s."
                .formatted(
                    cause.getClass().getSimpleName(),
                    String.valueOf(cause.getMessage()).split("\\R")[0].replaceAll("\\.$", ""),
                    suspects));
  }

  private static Stream<String> variables(Class<?> mapping) {
    return ConfigClass.configClass(mapping).getProperties().keySet().stream()
        .map(EnvironmentValues::variable);
  }

  private static boolean isSetting(String name) {
    return SETTING.matcher(name).matches();
  }

  private static String names(Map<String, String> environment, BiPredicate<String, String> isOne) {
    return environment.entrySet().stream()
        .filter(variable -> isOne.test(variable.getKey(), variable.getValue()))
        .map(Map.Entry::getKey)
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
