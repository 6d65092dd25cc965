package dev.taskward.config;

import io.netty.util.NetUtil;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.postgresql.Driver;

/**
 * Says {@code DATABASE_URL} to Quarkus in the names of its own datasource settings, and checks what
 * the environment brings. Quarkus can't be stopped from here with a clean message (nothing is set
 * up yet, the log least of all), so {@link SettingsCheck} does that a moment later.
 */
public class EnvironmentConfigSource implements ConfigSourceFactory {

  public static final String DATABASE_URL = "DATABASE_URL";
  public static final String SECRET = "BETTER_AUTH_SECRET";
  public static final String PUBLIC_KEY = "mp.jwt.verify.publickey";
  public static final String KEY_LOCATION = "mp.jwt.verify.publickey.location";
  public static final String JDBC_URL = "quarkus.datasource.jdbc.url";

  private static final List<String> OWNER =
      List.of("quarkus.flyway.jdbc-url", "quarkus.flyway.username", "quarkus.flyway.password");

  private static final String CORS_ORIGINS = "taskward.cors.origins";

  /** As browsers send it (RFC 6454): no path, and nothing that Quarkus would read as a pattern. */
  private static final String ORIGIN =
      "(?!http:.*:80$|https:.*:443$)https?://[a-z0-9.-]+(:[0-9]{1,5})?";

  private static final String MIGRATE = "taskward.migrate";

  private static final String TRUSTED_PROXIES = "taskward.proxy.trusted";

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** RFC 7518, 3.2: an HS256 key is at least as long as the hash. */
  private static final int SECRET_MIN_BYTES = 32;

  private static final int PORT_MAX = 65_535;

  /** Below application.properties (250), so that Quarkus' own settings win wherever they stand. */
  private static final int ORDINAL = 200;

  @Override
  public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
    Map<String, String> settings = new HashMap<>();
    try {
      EnvironmentCharset.check();
      ValueFormats.check(context);
      checkPorts(context);
      TokenSettings.add(context, settings);
      addCors(context, settings);
      checkProxies(context);
      addMigration(context, settings);
      TraceSettings.add(context, settings);
      checkKeys(context);
      checkOwner(context);
      addDatasource(context, settings);
    } catch (IllegalArgumentException e) {
      settings.put(SettingsCheck.ERROR_VARIABLE, e.getMessage());
    }
    // As environment variables: those alone a build does not copy into what it builds, and the
    // password of whoever builds has no place there.
    return List.of(new EnvConfigSource(settings, ORDINAL));
  }

  private static void addDatasource(ConfigSourceContext context, Map<String, String> settings) {
    checkJdbcUrl(context, OWNER.get(0));
    if (value(context, JDBC_URL) != null) {
      checkJdbcUrl(context, JDBC_URL);
      return;
    }
    String text = value(context, DATABASE_URL);
    if (text == null) {
      require(context, DATABASE_URL, "postgresql://user:password@host:port/database");
      return;
    }
    DatabaseUrl url = DatabaseUrl.parse(text);
    settings.put("QUARKUS_DATASOURCE_JDBC_URL", url.jdbcUrl());
    if (url.username() != null) {
      settings.put("QUARKUS_DATASOURCE_USERNAME", url.username());
    }
    if (url.password() != null) {
      settings.put("QUARKUS_DATASOURCE_PASSWORD", url.password());
    }
  }

  /** Whoever finds it wrong later tells all of it, a password in it too. */
  private static void checkJdbcUrl(ConfigSourceContext context, String name) {
    String url = value(context, name);
    if (url != null && Driver.parseURL(url, null) == null) {
      throw new IllegalArgumentException(
          variable(name) + " must be jdbc:postgresql://host:port/database.");
    }
  }

  /** Flyway's own role, which migrates: all of it or nothing. */
  private static void checkOwner(ConfigSourceContext context) {
    List<String> missing = OWNER.stream().filter(name -> value(context, name) == null).toList();
    if (!missing.isEmpty() && missing.size() < OWNER.size()) {
      throw new IllegalArgumentException(
          String.join(", ", OWNER.stream().map(EnvironmentConfigSource::variable).toList())
              + ": all of them are set, or none.");
    }
  }

  private static void addCors(ConfigSourceContext context, Map<String, String> settings) {
    String origins = value(context, CORS_ORIGINS);
    if (origins == null) {
      return;
    }
    for (String origin : origins.split(",", -1)) {
      if (!origin.strip().matches(ORIGIN)) {
        throw new IllegalArgumentException(
            variable(CORS_ORIGINS)
                + " must be a comma-separated list of origins such as https://app.example.com.");
      }
    }
    settings.put("QUARKUS_HTTP_CORS_ENABLED", "true");
    settings.put("QUARKUS_HTTP_CORS_ORIGINS", origins);
  }

  /** Whose word is taken for the client's address is a client itself to everybody else. */
  private static void checkProxies(ConfigSourceContext context) {
    String proxies = value(context, TRUSTED_PROXIES);
    if (proxies == null) {
      return;
    }
    for (String proxy : proxies.split(",", -1)) {
      checkNetwork(proxy.strip());
    }
  }

  private static void addMigration(ConfigSourceContext context, Map<String, String> settings) {
    String migrate = value(context, MIGRATE);
    if (migrate != null && !migrate.matches("start|only|never")) {
      throw new IllegalArgumentException(variable(MIGRATE) + " must be start, only or never.");
    }
    if ("only".equals(migrate)) {
      settings.put("QUARKUS_INIT_AND_EXIT", "true");
    }
  }

  private static void checkNetwork(String text) {
    String[] parts = text.split("/", 2);
    int bits = NetUtil.isValidIpV4Address(parts[0]) ? 32 : 128;
    boolean isAddress = bits == 32 || NetUtil.isValidIpV6Address(parts[0]);
    boolean isNetwork =
        parts.length == 1 || parts[1].matches("[0-9]{1,3}") && Integer.parseInt(parts[1]) <= bits;
    if (!isAddress || !isNetwork) {
      throw new IllegalArgumentException(
          variable(TRUSTED_PROXIES)
              + " must be a comma-separated list of IP addresses and networks such as"
              + " 10.42.0.0/16.");
    }
  }

  /** On one port Vert.x would let the two take turns, the API answer here and health there. */
  private static void checkPorts(ConfigSourceContext context) {
    String api = address(context, "quarkus.http", "8080");
    String management = address(context, "quarkus.management", "9000");
    if (isProduction(context) && api.equals(management) && !api.endsWith(":0")) {
      throw new IllegalArgumentException("QUARKUS_MANAGEMENT_PORT must not be QUARKUS_HTTP_PORT.");
    }
  }

  private static String address(ConfigSourceContext context, String server, String defaultPort) {
    String host = value(context, server + ".host");
    String port = value(context, server + ".port");
    int number = Integer.parseInt(port == null ? defaultPort : checkedPort(server, port.strip()));
    return (host == null ? "0.0.0.0" : host) + ":" + number;
  }

  private static String checkedPort(String server, String port) {
    if (!port.matches("0*[0-9]{1,5}") || Integer.parseInt(port) > PORT_MAX) {
      throw new IllegalArgumentException(variable(server + ".port") + " must be a port.");
    }
    return port;
  }

  /** Exactly one kind of key: with two, a token of the one that was forgotten would be good. */
  private static void checkKeys(ConfigSourceContext context) {
    Map<String, String> keys = new TreeMap<>();
    for (String name : List.of(SECRET, PUBLIC_KEY, KEY_LOCATION)) {
      if (value(context, name) != null && isKey(value(context, name))) {
        keys.put(variable(name), value(context, name));
      }
    }
    if (keys.isEmpty()) {
      require(
          context,
          SECRET,
          "the secret that signs the tokens, at least 32 bytes; or set"
              + " MP_JWT_VERIFY_PUBLICKEY_LOCATION to the issuer's JWKS or PEM");
    }
    if (keys.size() > 1 && isProduction(context)) {
      throw new IllegalArgumentException(
          "Only one of " + String.join(" and ", keys.keySet()) + " can be set.");
    }
    checkSecret(keys.get(SECRET));
    checkLocation(keys.get(variable(KEY_LOCATION)));
  }

  private static void checkSecret(String secret) {
    if (secret != null && secret.getBytes(StandardCharsets.UTF_8).length < SECRET_MIN_BYTES) {
      throw new IllegalArgumentException(
          SECRET + " must be at least " + SECRET_MIN_BYTES + " bytes long.");
    }
  }

  /** Whoever can change the answer on its way makes the keys. */
  private static void checkLocation(String location) {
    if (location != null && isHttp(location) && !isSafe(location)) {
      throw new IllegalArgumentException(
          variable(KEY_LOCATION) + " must be an https URL (http only on this machine) or a file.");
    }
  }

  private static boolean isSafe(String location) {
    return httpUrl(location)
        .filter(
            url -> url.getScheme().equalsIgnoreCase("https") || LOOPBACK.contains(url.getHost()))
        .isPresent();
  }

  /** Empty if it is none, or has a password. */
  static Optional<URI> httpUrl(String text) {
    try {
      URI url = new URI(text);
      return Optional.of(url)
          .filter(u -> isHttp(text) && u.getHost() != null && u.getUserInfo() == null);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** Quarkus sets "NONE" where it would make up a key for dev mode and tests, were there none. */
  public static boolean isKey(String publicKey) {
    return !publicKey.equals("NONE");
  }

  /** Whether the keys are behind a URL. */
  public static boolean isHttp(String location) {
    return location.matches("(?i)https?:.*");
  }

  /** As the environment has the setting. */
  public static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  /** Dev and test mode bring their own. */
  private static void require(ConfigSourceContext context, String name, String what) {
    if (isProduction(context)) {
      throw new IllegalArgumentException(name + " is not set: it must be " + what + ".");
    }
  }

  static boolean isProduction(ConfigSourceContext context) {
    return context.getProfiles().stream().noneMatch(List.of("dev", "test")::contains);
  }

  /** Null if it is not set, or set to nothing. */
  public static String value(ConfigSourceContext context, String name) {
    return raw(context, name).filter(value -> !value.isBlank()).orElse(null);
  }

  static Optional<String> raw(ConfigSourceContext context, String name) {
    return Optional.ofNullable(context.getValue(name)).map(ConfigValue::getValue);
  }
}
