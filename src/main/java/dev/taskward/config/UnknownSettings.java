package dev.taskward.config;

import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.ConfigMappings.ConfigClass;
import jakarta.enterprise.event.Observes;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Warns of what looks like a setting in the environment and is none: by a typo, a limit that is
 * meant to be on would be off. Nobody is stopped by it, for the name may be somebody else's.
 */
final class UnknownSettings {

  private static final Logger LOG = Logger.getLogger(UnknownSettings.class);

  /** Kubernetes tells a pod of a Service by the name of taskward so. */
  private static final String SERVICE_LINK = "TASKWARD_(SERVICE|PORT)(_.*)?";

  void warn(@Observes StartupEvent start) {
    Set<String> unknown = unknown(System.getenv().keySet());
    if (!unknown.isEmpty()) {
      LOG.warnf("No setting of Taskward, so without effect: %s", String.join(", ", unknown));
    }
  }

  static Set<String> unknown(Set<String> variables) {
    Set<String> known =
        ConfigClass.configClass(TaskwardConfig.class).getProperties().keySet().stream()
            .map(EnvironmentConfigSource::variable)
            .collect(Collectors.toSet());
    Set<String> unknown = new TreeSet<>(variables);
    unknown.removeIf(
        name ->
            !TraceSettings.isIgnored(name)
                && (!name.startsWith("TASKWARD_")
                    || name.matches(SERVICE_LINK)
                    || known.contains(name)));
    return unknown;
  }
}
