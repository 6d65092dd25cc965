package dev.taskward.dev;

import static dev.taskward.config.EnvironmentConfigSource.DATABASE_URL;
import static dev.taskward.config.EnvironmentConfigSource.JDBC_URL;
import static dev.taskward.config.EnvironmentConfigSource.SECRET;
import static dev.taskward.config.EnvironmentConfigSource.value;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What dev and test mode need and production must bring itself. Quarkus asks for it before it reads
 * its configuration, so the database runs when the first setting is looked up.
 */
public final class DevConfigSource implements SmallRyeConfigBuilderCustomizer {

  /** Public, and refused nowhere because it is in no production jar. */
  static final String DEV_SECRET = "taskward-dev-secret-for-this-machine-only";

  private static final Path DATA = Path.of(".taskward", "postgresql-18");

  /** Below application.properties and everything that a developer sets. */
  private static final int ORDINAL = 150;

  @Override
  public void configBuilder(SmallRyeConfigBuilder builder) {
    ConfigSourceFactory source =
        context -> List.of(new PropertiesConfigSource(settings(context), "Taskward dev", ORDINAL));
    builder.withSources(source);
  }

  private static Map<String, String> settings(ConfigSourceContext context) {
    Map<String, String> settings = new HashMap<>();
    settings.put(SECRET, DEV_SECRET);
    settings.put("quarkus.http.auth.permission.sign-in.paths", SignIn.PATH);
    settings.put("quarkus.http.auth.permission.sign-in.policy", "permit");
    if (!context.getProfiles().contains("dev")) {
      return settings;
    }
    settings.put("quarkus.http.auth.permission.welcome.paths", "/");
    settings.put("quarkus.http.auth.permission.welcome.policy", "permit");
    if (value(context, DATABASE_URL) == null && value(context, JDBC_URL) == null) {
      settings.put(JDBC_URL, DevDatabase.url(DATA.toAbsolutePath()));
      settings.put("quarkus.datasource.username", DevDatabase.ROLE);
    }
    return settings;
  }
}
