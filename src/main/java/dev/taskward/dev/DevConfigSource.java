package dev.taskward.dev;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
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
  static final String SECRET = "taskward-dev-secret-for-this-machine-only";

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
    settings.put("BETTER_AUTH_SECRET", SECRET);
    settings.put("quarkus.http.auth.permission.sign-in.paths", SignIn.PATH);
    settings.put("quarkus.http.auth.permission.sign-in.policy", "permit");
    if (!context.getProfiles().contains("dev")) {
      return settings;
    }
    settings.put("quarkus.http.auth.permission.welcome.paths", "/");
    settings.put("quarkus.http.auth.permission.welcome.policy", "permit");
    if (isUnset(context, "DATABASE_URL") && isUnset(context, "quarkus.datasource.jdbc.url")) {
      settings.put("quarkus.datasource.jdbc.url", DevDatabase.url(DATA.toAbsolutePath()));
      settings.put("quarkus.datasource.username", "postgres");
    }
    return settings;
  }

  private static boolean isUnset(ConfigSourceContext context, String name) {
    ConfigValue value = context.getValue(name);
    return value == null || value.getValue() == null || value.getValue().isBlank();
  }
}
