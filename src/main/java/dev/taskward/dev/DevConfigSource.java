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
 * The settings that dev and test mode need and production has to set. Quarkus loads it before it
 * reads the first setting, so the database runs by then.
 */
public final class DevConfigSource implements SmallRyeConfigBuilderCustomizer {

  /** Public; nothing refuses it, because no production jar has it. */
  static final String DEV_SECRET = "taskward-dev-secret-for-this-machine-only";

  private static final Path DATA = Path.of(".taskward", "postgresql-18");

  /** Pages of this machine, on any port: a front end's own dev server. */
  private static final String LOCAL_PAGES =
      "/https?://(localhost|127[.]0[.]0[.]1|.::1.)(:[0-9]+)?/";

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
    settings.put("quarkus.http.auth.permission.welcome.paths", "/,/favicon.ico");
    settings.put("quarkus.http.auth.permission.welcome.policy", "permit");
    if (value(context, "taskward.cors.origins") == null) {
      settings.put("quarkus.http.cors.enabled", "true");
      settings.put("quarkus.http.cors.origins", LOCAL_PAGES);
    }
    if (value(context, DATABASE_URL) == null && value(context, JDBC_URL) == null) {
      settings.put(JDBC_URL, DevDatabase.url(DATA.toAbsolutePath()));
      settings.put("quarkus.datasource.username", DevDatabase.ROLE);
    }
    return settings;
  }
}
