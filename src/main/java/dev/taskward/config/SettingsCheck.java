package dev.taskward.config;

import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigValidationException;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Ends the start when {@link EnvironmentConfigSource} found a setting wrong: Quarkus converts every
 * injected setting before it opens the database, and this one can't be converted when it is there.
 */
@Unremovable
@Singleton
public class SettingsCheck {

  private static final String ERROR = "dev.taskward.settings-error";
  static final String ERROR_VARIABLE = "DEV_TASKWARD_SETTINGS_ERROR";

  private static final String NONE = "none";

  /** What was wrong, for a start that failed of it before Quarkus came here. */
  public static Optional<String> error() {
    try {
      return ConfigProvider.getConfig().getOptionalValue(ERROR, String.class);
    } catch (ConfigValidationException e) {
      return Optional.empty(); // there is no configuration
    }
  }

  SettingsCheck(@ConfigProperty(name = ERROR, defaultValue = NONE) NoError checked) {}

  @RegisterForReflection
  static final class NoError {

    /** Called by SmallRye Config. */
    public static NoError of(String error) {
      if (!error.equals(NONE)) {
        throw new SettingsException(error);
      }
      return new NoError();
    }
  }
}
