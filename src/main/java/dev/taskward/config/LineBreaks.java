package dev.taskward.config;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Logs which settings ended with a line break, which {@link EnvironmentValues} has cut off: the
 * issuer may have it in its secret.
 */
final class LineBreaks {

  private static final Logger LOG = Logger.getLogger(LineBreaks.class);

  void warn(@Observes StartupEvent start) {
    String cut = cut(System.getenv());
    if (!cut.isEmpty()) {
      LOG.warnf("The line break at the end is not part of the value: %s", cut);
    }
  }

  static String cut(Map<String, String> environment) {
    return environment.entrySet().stream()
        .filter(variable -> EnvironmentCharset.SETTING.matcher(variable.getKey()).matches())
        .filter(variable -> !variable.getKey().equals("MP_JWT_VERIFY_PUBLICKEY")) // a PEM has one
        .filter(variable -> variable.getValue().matches("(?s).*[\\r\\n]"))
        .map(Map.Entry::getKey)
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
