package dev.taskward.config;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Translates settings whose values Quarkus does not understand. An expression in
 * application.properties can't do that. Values that can't be translated are omitted, because the
 * validation of {@code DeploymentSettings} stops startup.
 */
public class EnvironmentConfigSource implements ConfigSourceFactory {

  public static final String DATABASE_URL = "DATABASE_URL";
  public static final String SECRET = "BETTER_AUTH_SECRET";
  public static final String PUBLIC_KEY = "mp.jwt.verify.publickey";
  public static final String KEY_LOCATION = "mp.jwt.verify.publickey.location";
  public static final String JDBC_URL = "quarkus.datasource.jdbc.url";

  /** Below application.properties (250), so that Quarkus' own settings win wherever they stand. */
  private static final int ORDINAL = 200;

  @Override
  public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
    Map<String, String> settings = new HashMap<>();
    String origins = value(context, "taskward.cors.origins");
    if (origins != null) {
      settings.put("QUARKUS_HTTP_CORS_ENABLED", "true");
      settings.put("QUARKUS_HTTP_CORS_ORIGINS", origins);
    }
    if ("only".equals(value(context, "taskward.migrate"))) {
      settings.put("QUARKUS_INIT_AND_EXIT", "true");
    }
    if (value(context, "taskward.erase") != null) { // no request belongs to that process
      settings.put("QUARKUS_HTTP_HOST_ENABLED", "false");
      settings.put("QUARKUS_MANAGEMENT_HOST_ENABLED", "false");
    }
    // Only from the environment: Quarkus itself sets such properties in dev mode and tests.
    settings.putAll(
        TokenSettings.translate(
            name ->
                EnvironmentValues.isFromEnvironment(context.getValue(name))
                    ? value(context, name)
                    : null));
    try {
      settings.putAll(TraceSettings.translate(name -> value(context, "otel." + name)));
    } catch (IllegalArgumentException e) {
      settings.put("QUARKUS_OTEL_SDK_DISABLED", "true");
    }
    if (value(context, JDBC_URL) == null && value(context, DATABASE_URL) != null) {
      addDatasource(value(context, DATABASE_URL), settings);
    }
    // As environment variables, because a build copies all other settings into the application. It
    // must not contain the password of the build machine.
    return List.of(new EnvConfigSource(settings, ORDINAL));
  }

  private static void addDatasource(String databaseUrl, Map<String, String> settings) {
    try {
      DatabaseUrl url = DatabaseUrl.parse(databaseUrl);
      settings.put("QUARKUS_DATASOURCE_JDBC_URL", url.jdbcUrl());
      if (url.username() != null) {
        settings.put("QUARKUS_DATASOURCE_USERNAME", url.username());
      }
      if (url.password() != null) {
        settings.put("QUARKUS_DATASOURCE_PASSWORD", url.password());
      }
    } catch (IllegalArgumentException e) {
      // DeploymentSettings says what is wrong.
    }
  }

  /** False for "NONE", which Quarkus sets in dev mode and tests when it generates no key. */
  public static boolean isKey(String publicKey) {
    return !publicKey.equals("NONE");
  }

  /** Whether the location is an http or https URL. */
  public static boolean isHttp(String location) {
    return location.matches("(?i)https?:.*");
  }

  /** Returns null if the setting is not set or blank. */
  public static String value(ConfigSourceContext context, String name) {
    return Optional.ofNullable(context.getValue(name))
        .map(ConfigValue::getValue)
        .filter(value -> !value.isBlank())
        .orElse(null);
  }
}
