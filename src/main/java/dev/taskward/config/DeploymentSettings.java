package dev.taskward.config;

import static dev.taskward.config.EnvironmentConfigSource.isHttp;
import static dev.taskward.config.EnvironmentValues.variable;
import static dev.taskward.config.TraceSettings.httpUrl;

import io.netty.util.NetUtil;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMapping.NamingStrategy;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithName;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.hibernate.validator.constraintvalidation.HibernateConstraintValidatorContext;
import org.postgresql.Driver;

/**
 * Checks settings of Quarkus, MicroProfile JWT and OpenTelemetry, and the settings of Taskward that
 * depend on them. Quarkus does not check these bounds.
 */
@ConfigMapping(prefix = "", namingStrategy = NamingStrategy.VERBATIM)
@DeploymentSettings.Consistent
public interface DeploymentSettings {

  String DATASOURCE = "quarkus.datasource.jdbc.";
  String DRIVER = DATASOURCE + "additional-jdbc-properties.";

  @WithName(EnvironmentConfigSource.DATABASE_URL)
  Optional<String> databaseUrl();

  @WithName(EnvironmentConfigSource.JDBC_URL)
  Optional<String> jdbcUrl();

  /** The address and the role for migrations: jdbc-url, username and password. */
  @WithName("quarkus.flyway")
  Map<String, @WithConverter(Converters.Text.class) String> flyway();

  @WithName(EnvironmentConfigSource.SECRET)
  Optional<String> secret();

  @WithName("mp.jwt")
  Map<String, @WithConverter(Converters.Text.class) String> microProfileJwt();

  @WithName("taskward.tokens")
  Map<String, @WithConverter(Converters.Text.class) String> tokens();

  @WithName("otel")
  Map<String, @WithConverter(Converters.Text.class) String> openTelemetry();

  @WithName("taskward.cors.origins")
  Optional<String> corsOrigins();

  @WithName("taskward.public-url")
  Optional<String> publicUrl();

  @WithName("taskward.mcp")
  Optional<@WithConverter(Converters.Switch.class) Boolean> mcp();

  @WithName("taskward.proxy.trusted")
  Optional<String> trustedProxies();

  @WithName("quarkus.tls.jwks.trust-store.pem.certs")
  Optional<String> jwksCertificates();

  @WithName("quarkus.http.host")
  Optional<InetAddress> httpHost();

  @WithName("quarkus.http.port")
  @Min(value = 0, message = "must be a port")
  @Max(value = 65_535, message = "must be a port")
  OptionalInt httpPort();

  @WithName("quarkus.management.host")
  Optional<InetAddress> managementHost();

  @WithName("quarkus.management.port")
  @Min(value = 0, message = "must be a port")
  @Max(value = 65_535, message = "must be a port")
  OptionalInt managementPort();

  @WithName("quarkus.http.idle-timeout")
  Optional<@DurationMin(seconds = 1) @DurationMax(hours = 24) Duration> idleTimeout();

  @WithName("quarkus.http.limits.max-initial-line-length")
  @Min(1)
  OptionalInt maxInitialLineLength();

  @WithName("quarkus.http.limits.max-header-size")
  Optional<@WithConverter(Converters.BufferSize.class) MemorySize> maxHeaderSize();

  @WithName("quarkus.shutdown.delay")
  Optional<@DurationMin @DurationMax(hours = 24) Duration> shutdownDelay();

  @WithName("quarkus.shutdown.timeout")
  Optional<@DurationMin @DurationMax(hours = 24) Duration> shutdownTimeout();

  @WithName("quarkus.thread-pool.max-threads")
  @Min(1)
  OptionalInt maxThreads();

  @WithName("quarkus.thread-pool.queue-size")
  @Min(1)
  OptionalInt queueSize();

  @WithName(DATASOURCE + "max-size")
  @Min(1)
  OptionalInt maxConnections();

  @WithName(DATASOURCE + "acquisition-timeout")
  Optional<
          @DurationMin(millis = 1, message = "must be 1MS or longer") @DurationMax(hours = 1)
          Duration>
      acquisitionTimeout();

  @WithName(DRIVER + "socketTimeout")
  @Min(1)
  OptionalInt socketTimeout();

  @WithName(DRIVER + "connectTimeout")
  @Min(1)
  OptionalInt connectTimeout();

  @WithName("quarkus.log.console.json.enabled")
  Optional<@WithConverter(Converters.Switch.class) Boolean> logsJson();

  /** The constraint on settings that depend on one another. No message quotes a value. */
  @Constraint(validatedBy = Rules.class)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Consistent {

    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  @RegisterForReflection
  class Rules implements ConstraintValidator<Consistent, DeploymentSettings> {

    private static final String NOT_SET = " is not set: it must be ";

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /**
     * As browsers send it (RFC 6454): no path, and nothing that Quarkus reads as a pattern. Apps
     * and extensions have schemes of their own, and no ports.
     */
    private static final String ORIGIN =
        "(?!http:.*:80$|https:.*:443$)https?://([a-z0-9.-]+|\\[[0-9a-f:]+])(:[0-9]{1,5})?"
            + "|(?!https?:)[a-z][a-z0-9+.-]*://[a-z0-9.-]+";

    @Override
    public boolean isValid(DeploymentSettings settings, ConstraintValidatorContext context) {
      List<String> errors = new ArrayList<>();
      // Dev and test mode have a database, a secret and one port.
      boolean production = LaunchMode.current() == LaunchMode.NORMAL;
      addDatabase(settings, production, errors);
      addKeys(settings, production, errors);
      if (production && isOnePort(settings)) {
        errors.add("QUARKUS_MANAGEMENT_PORT must not be QUARKUS_HTTP_PORT.");
      }
      // In dev and test mode Quarkus sets some of these itself.
      Map<String, String> standard = production ? settings.microProfileJwt() : Map.of();
      errors.addAll(TokenSettings.errors(standard, settings.tokens()));
      add(() -> TraceSettings.translate(settings.openTelemetry()::get), errors);
      check(
          settings.corsOrigins(),
          list -> items(list).allMatch(origin -> origin.matches(ORIGIN)),
          "TASKWARD_CORS_ORIGINS",
          "must be a comma-separated list of origins such as https://app.example.com.",
          errors);
      check(
          settings.publicUrl(),
          url -> httpUrl(url).filter(Rules::isPublic).isPresent(),
          "TASKWARD_PUBLIC_URL",
          "must be an https URL without a query (http only on this machine), such as"
              + " https://tasks.example.com.",
          errors);
      if (settings.mcp().orElse(false)
          && settings.tokens().containsKey("issuer")
          && !settings.tokens().containsKey("audiences")) {
        errors.add(
            "TASKWARD_TOKENS_AUDIENCES"
                + NOT_SET
                + "the audience that the issuer writes for this service. With TASKWARD_MCP, the"
                + " service would accept tokens that agents got for other services.");
      }
      check(
          settings.trustedProxies(),
          list -> items(list).allMatch(Rules::isNetwork),
          "TASKWARD_PROXY_TRUSTED",
          "must be a comma-separated list of IP addresses and networks such as 10.42.0.0/16.",
          errors);
      check(
          settings.jwksCertificates(),
          list -> items(list).allMatch(Rules::hasCertificates),
          "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS",
          "must be a comma-separated list of PEM files with certificates.",
          errors);
      context.disableDefaultConstraintViolation();
      for (String error : errors) { // as a parameter: a template is interpreted
        context
            .unwrap(HibernateConstraintValidatorContext.class)
            .addMessageParameter("error", error)
            .buildConstraintViolationWithTemplate("{error}")
            .addConstraintViolation();
      }
      return errors.isEmpty();
    }

    private static void check(
        Optional<String> value,
        Predicate<String> isRight,
        String variable,
        String description,
        List<String> errors) {
      if (value.filter(text -> !text.isBlank()).filter(isRight.negate()).isPresent()) {
        errors.add(variable + " " + description);
      }
    }

    private static void add(Runnable translation, List<String> errors) {
      try {
        translation.run();
      } catch (IllegalArgumentException e) {
        errors.add(e.getMessage());
      }
    }

    private static Stream<String> items(String list) {
      return Stream.of(list.split(",", -1)).map(String::strip);
    }

    private static void addDatabase(
        DeploymentSettings settings, boolean production, List<String> errors) {
      Map<String, String> owner = new HashMap<>(settings.flyway());
      owner.keySet().retainAll(Set.of("jdbc-url", "username", "password"));
      owner.values().removeIf(String::isEmpty);
      if (owner.size() == 1 || owner.size() == 2) {
        errors.add(
            "QUARKUS_FLYWAY_JDBC_URL, QUARKUS_FLYWAY_USERNAME, QUARKUS_FLYWAY_PASSWORD: set all of"
                + " them, or none.");
      }
      // Without this check, the driver logs a wrong URL, including a password.
      String format = "must be jdbc:postgresql://host:port/database.";
      Predicate<String> isRight = url -> Driver.parseURL(url, null) != null;
      Optional<String> ownersUrl = Optional.ofNullable(owner.get("jdbc-url"));
      check(ownersUrl, isRight, "QUARKUS_FLYWAY_JDBC_URL", format, errors);
      check(settings.jdbcUrl(), isRight, "QUARKUS_DATASOURCE_JDBC_URL", format, errors);
      Optional<String> url = settings.databaseUrl().filter(text -> !text.isBlank());
      if (settings.jdbcUrl().isEmpty() && url.isPresent()) {
        add(() -> DatabaseUrl.parse(url.get()), errors);
      } else if (settings.jdbcUrl().isEmpty() && production) {
        errors.add("DATABASE_URL" + NOT_SET + "postgresql://user:password@host:port/database.");
      }
    }

    /** Allows one kind of key. With two, tokens of a forgotten key would be accepted. */
    private static void addKeys(
        DeploymentSettings settings, boolean production, List<String> errors) {
      Map<String, String> keys = new TreeMap<>();
      settings.secret().ifPresent(secret -> keys.put(EnvironmentConfigSource.SECRET, secret));
      for (String name : List.of("verify.publickey", "verify.publickey.location")) {
        keys.put(variable("mp.jwt." + name), settings.microProfileJwt().getOrDefault(name, ""));
      }
      keys.values().removeIf(key -> key.isBlank() || !EnvironmentConfigSource.isKey(key));
      if (production && keys.isEmpty()) {
        errors.add(
            "BETTER_AUTH_SECRET"
                + NOT_SET
                + "the secret that signs the tokens, at least 32 bytes; or set"
                + " MP_JWT_VERIFY_PUBLICKEY_LOCATION to the issuer's JWKS or PEM.");
      }
      if (production && keys.size() > 1) {
        errors.add("Only one of " + String.join(" and ", keys.keySet()) + " can be set.");
      }
      check( // RFC 7518, 3.2: an HS256 key is at least as long as the hash
          settings.secret(),
          secret -> secret.getBytes(StandardCharsets.UTF_8).length >= 32,
          "BETTER_AUTH_SECRET",
          "must be at least 32 bytes long.",
          errors);
      check(
          Optional.ofNullable(keys.get("MP_JWT_VERIFY_PUBLICKEY_LOCATION")),
          location -> !isHttp(location) || httpUrl(location).filter(Rules::isSafe).isPresent(),
          "MP_JWT_VERIFY_PUBLICKEY_LOCATION",
          "must be an https URL (http only on this machine) or a file.",
          errors);
    }

    /** Requires TLS: an attacker who can change a JWKS in transit can sign tokens. */
    private static boolean isSafe(URI url) {
      return url.getScheme().equalsIgnoreCase("https") || LOOPBACK.contains(url.getHost());
    }

    /** RFC 9728, 2: a resource identifier has no fragment, and should have no query. */
    private static boolean isPublic(URI url) {
      return isSafe(url) && url.getRawQuery() == null && url.getRawFragment() == null;
    }

    /** Whether API and management have one port. Vert.x would distribute requests to both. */
    private static boolean isOnePort(DeploymentSettings settings) {
      int port = settings.httpPort().orElse(8080);
      return port != 0
          && port == settings.managementPort().orElse(9000)
          && address(settings.httpHost()).equals(address(settings.managementHost()));
    }

    private static String address(Optional<InetAddress> host) {
      return host.map(InetAddress::getHostAddress).orElse("0.0.0.0");
    }

    private static boolean isNetwork(String text) {
      String[] parts = text.split("/", 2);
      int bits = NetUtil.isValidIpV4Address(parts[0]) ? 32 : 128;
      return (bits == 32 || NetUtil.isValidIpV6Address(parts[0]))
          && (parts.length == 1
              || parts[1].matches("[0-9]{1,3}") && Integer.parseInt(parts[1]) <= bits);
    }

    private static boolean hasCertificates(String file) {
      try (InputStream pem = Files.newInputStream(Path.of(file))) {
        return !CertificateFactory.getInstance("X.509").generateCertificates(pem).isEmpty();
      } catch (IOException | InvalidPathException | CertificateException e) {
        return false;
      }
    }
  }
}
