package dev.taskward.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the environment becomes settings in production, without a start. */
class SettingsTest {

  private static final String PUBLIC_KEY = "MP_JWT_VERIFY_PUBLICKEY";
  private static final String LOCATION = "MP_JWT_VERIFY_PUBLICKEY_LOCATION";
  private static final String OTLP = "OTEL_EXPORTER_OTLP";
  private static final String COLLECTOR = "http://collector:4318";

  private static SmallRyeConfig config(Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    if (!environment.containsKey(LOCATION) && !environment.containsKey(PUBLIC_KEY)) {
      variables.putIfAbsent("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcdef");
    }
    variables.putIfAbsent("DATABASE_URL", "postgresql://u:p@localhost/d");
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withInterceptors(new EnvironmentValues())
        .withProfile("prod")
        .withSources(new EnvConfigSource(variables, 300))
        .withSources(
            new PropertiesConfigSource(
                Map.of("smallrye.jwt.sign.key.location", "none"), "application.properties", 250))
        .withSources(new EnvironmentConfigSource())
        .withMapping(TaskwardConfig.class)
        .withMapping(DeploymentSettings.class)
        .withValidator(new BeanValidationConfigValidatorImpl())
        .build();
  }

  /** The error message, null if there is none. */
  private static String error(Map<String, String> environment) {
    try {
      config(environment);
      return null;
    } catch (ConfigValidationException e) {
      return SettingsException.line(e);
    }
  }

  /** The value of a setting, null if it is not set. */
  private static String value(Map<String, String> environment, String name) {
    return config(environment).getOptionalValue(name, String.class).orElse(null);
  }

  @Test
  void theDefaultsAreValid() {
    assertEquals(null, error(Map.of()));
  }

  @Test
  void agentsNeedNoIssuerAndAnIssuerNeedsNoAgents() {
    assertEquals(null, error(Map.of("TASKWARD_MCP", "true")));
    assertEquals(null, error(Map.of("TASKWARD_TOKENS_ISSUER", "https://a.example")));
    for (String audiences : List.of("TASKWARD_TOKENS_AUDIENCES", "MP_JWT_VERIFY_AUDIENCES")) {
      assertEquals(
          null,
          error(
              Map.of(
                  "TASKWARD_MCP",
                  "true",
                  "TASKWARD_TOKENS_ISSUER",
                  "https://a.example",
                  audiences,
                  "taskward")));
    }
    for (String url : List.of("https://tasks.example.com/api/", "http://localhost:8080")) {
      assertEquals(null, error(Map.of("TASKWARD_PUBLIC_URL", url)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a$$b", "a${b}c", "a%24%24b", "a%24%7Bb%7Dc", "a\\$b"})
  void aPasswordInTheUrlIsNoExpression(String encoded) {
    assertEquals(
        encoded.replace("%24", "$").replace("%7B", "{").replace("%7D", "}"),
        value(
            Map.of("DATABASE_URL", "postgresql://u:" + encoded + "@h/d\r\n"),
            "quarkus.datasource.password"));
  }

  @Test
  void theDatasourceSettingsOfQuarkusTakePrecedence() {
    String url = "jdbc:postgresql://localhost/other";
    assertEquals(
        url,
        value(
            Map.of("DATABASE_URL", "nonsense", "QUARKUS_DATASOURCE_JDBC_URL", url),
            "quarkus.datasource.jdbc.url"));
    assertEquals(
        "right",
        value(
            Map.of(
                "DATABASE_URL", "postgresql://u:wrong@h/d", "QUARKUS_DATASOURCE_PASSWORD", "right"),
            "quarkus.datasource.password"));
  }

  @Test
  void onlyVariablesThatAreSetAreTranslated() {
    assertEquals(null, value(Map.of(), "quarkus.init-and-exit"));
    assertEquals("true", value(Map.of("TASKWARD_MIGRATE", "only"), "quarkus.init-and-exit"));
    assertEquals(null, value(Map.of(), "quarkus.http.cors.enabled"));
    assertEquals(
        "https://a.example, http://b.example:8080",
        value(
            Map.of("TASKWARD_CORS_ORIGINS", "https://a.example, http://b.example:8080"),
            "quarkus.http.cors.origins"));
  }

  @Test
  void severalMistakesAreReportedInOneLine() {
    assertEquals(
        "BETTER_AUTH_SECRET must be at least 32 bytes long. TASKWARD_API_DOCS must be true or"
            + " false.",
        error(Map.of("BETTER_AUTH_SECRET", "0123456789", "TASKWARD_API_DOCS", "on")));
  }

  @Test
  void errorsQuoteNoSecret() {
    for (String url : List.of("mysql://u:hunter2@h/d", "postgres://u:hunter2%@h/d")) {
      assertFalse(error(Map.of("DATABASE_URL", url)).contains("hunter2"));
    }
    assertFalse(error(Map.of("BETTER_AUTH_SECRET", "hunter2")).contains("hunter2"));
  }

  static Stream<Arguments> mistakes() {
    String notThatUrl = LOCATION + " must be an https URL (http only on this machine) or a file.";
    String notOrigins =
        "TASKWARD_CORS_ORIGINS must be a comma-separated list of origins such as"
            + " https://app.example.com.";
    String notNetworks =
        "TASKWARD_PROXY_TRUSTED must be a comma-separated list of IP addresses and networks such as"
            + " 10.42.0.0/16.";
    String notPublic =
        "TASKWARD_PUBLIC_URL must be an https URL without a query (http only on this machine), such"
            + " as https://tasks.example.com.";
    String withoutAudiences =
        "TASKWARD_TOKENS_AUDIENCES is not set: it must be the audience that the issuer writes for"
            + " this service. With TASKWARD_MCP, the service would accept tokens that agents got for"
            + " other services.";
    return Stream.of(
        arguments(
            Map.of(
                "BETTER_AUTH_SECRET",
                "0123456789abcdef0123456789abcdef",
                LOCATION,
                "https://issuer.example/jwks"),
            "Only one of BETTER_AUTH_SECRET and MP_JWT_VERIFY_PUBLICKEY_LOCATION can be set."),
        arguments(
            Map.of(PUBLIC_KEY, "a key", LOCATION, "https://issuer.example/jwks"),
            "Only one of MP_JWT_VERIFY_PUBLICKEY and MP_JWT_VERIFY_PUBLICKEY_LOCATION can be set."),
        arguments(Map.of(LOCATION, "http://issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost@issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost:pw@issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "https://"), notThatUrl),
        arguments(Map.of(LOCATION, "https://issuer example/jwks"), notThatUrl),
        arguments(
            Map.of("BETTER_AUTH_SECRET", ""),
            "BETTER_AUTH_SECRET is not set: it must be the secret that signs the tokens, at least 32"
                + " bytes; or set MP_JWT_VERIFY_PUBLICKEY_LOCATION to the issuer's JWKS or PEM."),
        arguments(
            Map.of("BETTER_AUTH_SECRET", "0123456789"),
            "BETTER_AUTH_SECRET must be at least 32 bytes long."),
        arguments(
            Map.of("DATABASE_URL", " "),
            "DATABASE_URL is not set: it must be postgresql://user:password@host:port/database."),
        arguments(
            Map.of("DATABASE_URL", "mysql://u:p@localhost/d"),
            "DATABASE_URL must be postgresql://user:password@host:port/database?sslmode=require,"
                + " with special characters in user and password percent-encoded."),
        arguments(
            Map.of("DATABASE_URL", "postgres://h/d?sslmod=require"),
            "DATABASE_URL has an unknown query parameter: sslmod."),
        arguments(
            Map.of("DATABASE_URL", "postgres://h/d?{=require"),
            "DATABASE_URL has an unknown query parameter: {."),
        arguments(
            Map.of("TASKWARD_MIGRATE", "once"), "TASKWARD_MIGRATE must be start, only or never"),
        arguments(
            Map.of("TASKWARD_SCOPES_REQUIRED", "yes please"),
            "TASKWARD_SCOPES_REQUIRED must be true or false."),
        arguments(Map.of("TASKWARD_API_DOCS", "no"), "TASKWARD_API_DOCS must be true or false."),
        arguments(
            Map.of("TASKWARD_TRASH_RETENTION", "9223372036854775807D"),
            "TASKWARD_TRASH_RETENTION must be a time such as 90S."),
        arguments(
            Map.of("TASKWARD_TOKENS_CLOCK_SKEW", "ten"),
            "TASKWARD_TOKENS_CLOCK_SKEW must be a time such as 90S."),
        arguments(
            Map.of("TASKWARD_TOKENS_SUBJECT_CLAIM", ""),
            "The config property TASKWARD_TOKENS_SUBJECT_CLAIM is defined as the empty String (\"\")"),
        arguments(
            Map.of("QUARKUS_MANAGEMENT_PORT", "8080"), // the default of the other
            "QUARKUS_MANAGEMENT_PORT must not be QUARKUS_HTTP_PORT."),
        arguments(Map.of("TASKWARD_API_DOCS", "on"), "TASKWARD_API_DOCS must be true or false."),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "http://tasks.example.com"), notPublic),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "tasks.example.com"), notPublic),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "https://tasks.example.com/?a=b"), notPublic),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "https://tasks.example.com/#a"), notPublic),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "https://u:p@tasks.example.com"), notPublic),
        arguments(Map.of("TASKWARD_PUBLIC_URL", "https://tasks.example.com/\"a\""), notPublic),
        arguments(Map.of("TASKWARD_MCP", "yes"), "TASKWARD_MCP must be true or false."),
        arguments(
            Map.of("TASKWARD_MCP", "true", "TASKWARD_TOKENS_ISSUER", "https://a.example"),
            withoutAudiences),
        arguments(
            Map.of("TASKWARD_MCP", "true", "MP_JWT_VERIFY_ISSUER", "https://a.example"),
            withoutAudiences),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "*"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "/.*/"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "https://a.example,b.example"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "https://a.example/"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "https://A.example"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "https://a.example:443"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "capacitor://*"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "capacitor://localhost/"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "http://[::1"), notOrigins),
        arguments(Map.of("TASKWARD_CORS_ORIGINS", "null"), notOrigins),
        arguments(Map.of("TASKWARD_PROXY_TRUSTED", "*"), notNetworks),
        arguments(Map.of("TASKWARD_PROXY_TRUSTED", "10.0.0.1,ingress"), notNetworks),
        arguments(Map.of("TASKWARD_PROXY_TRUSTED", "10.0.0.0/33"), notNetworks),
        arguments(
            Map.of(OTLP + "_ENDPOINT", "collector:4318"),
            OTLP + "_ENDPOINT must be an http or https URL such as http://collector:4318."),
        arguments(
            Map.of(OTLP + "_ENDPOINT", COLLECTOR, OTLP + "_PROTOCOL", "http/json"),
            OTLP + "_PROTOCOL must be grpc or http/protobuf."),
        arguments(
            Map.of(OTLP + "_ENDPOINT", COLLECTOR, "OTEL_TRACES_SAMPLER_ARG", "10"),
            "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1."),
        arguments(
            Map.of("TASKWARD_TOKENS_AUDIENCES", "a,,b"),
            "TASKWARD_TOKENS_AUDIENCES must be a comma-separated list of audiences."),
        arguments(
            Map.of("TASKWARD_TOKENS_AUDIENCES", ""),
            "TASKWARD_TOKENS_AUDIENCES must be a comma-separated list of audiences."),
        arguments(
            Map.of("TASKWARD_TOKENS_ISSUER", " "), "TASKWARD_TOKENS_ISSUER must not be empty."),
        arguments(
            Map.of("QUARKUS_DATASOURCE_JDBC_URL", "postgresql://taskward:secret@localhost/tasks"),
            "QUARKUS_DATASOURCE_JDBC_URL must be jdbc:postgresql://host:port/database."),
        arguments(
            Map.of(
                "QUARKUS_DATASOURCE_JDBC_URL",
                "jdbc:postgresql://localhost:99999/tasks?user=taskward&password=secret"),
            "QUARKUS_DATASOURCE_JDBC_URL must be jdbc:postgresql://host:port/database."),
        arguments(
            Map.of("QUARKUS_THREAD_POOL_QUEUE_SIZE", "0"),
            "QUARKUS_THREAD_POOL_QUEUE_SIZE must be greater than or equal to 1"),
        arguments(
            Map.of("QUARKUS_THREAD_POOL_MAX_THREADS", "0"),
            "QUARKUS_THREAD_POOL_MAX_THREADS must be greater than or equal to 1"),
        arguments(
            Map.of("QUARKUS_FLYWAY_USERNAME", "owner"),
            "QUARKUS_FLYWAY_JDBC_URL, QUARKUS_FLYWAY_USERNAME, QUARKUS_FLYWAY_PASSWORD: set all of"
                + " them, or none."),
        arguments(Map.of("QUARKUS_HTTP_PORT", "70000"), "QUARKUS_HTTP_PORT must be a port"),
        arguments(
            Map.of("QUARKUS_HTTP_PORT", "http"),
            "QUARKUS_HTTP_PORT: Expected an integer value, got \"http\""),
        arguments(
            Map.of("QUARKUS_MANAGEMENT_HOST", "not a host"),
            "QUARKUS_MANAGEMENT_HOST: Unable to resolve \"not a host\""),
        arguments(
            Map.of("QUARKUS_HTTP_PORT", "09098", "QUARKUS_MANAGEMENT_PORT", "9098"),
            "QUARKUS_MANAGEMENT_PORT must not be QUARKUS_HTTP_PORT."));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsReportedInOneLine(Map<String, String> environment, String line) {
    assertEquals(line, error(environment));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "QUARKUS_LOG_CONSOLE_JSON_ENABLED           | ja                    | true or false",
        "TASKWARD_ACCESS_LOG                        | yes                   | true or false",
        "TASKWARD_SCOPES_REQUIRED                   | yes please            | true or false",
        "TASKWARD_MAX_BODY_SIZE                     | 99999999999999999999  | a size from 1 to 2047M, such as 64K",
        "TASKWARD_MAX_BODY_SIZE                     | 0                     | a size from 1 to 2047M, such as 64K",
        "TASKWARD_MAX_BODY_SIZE                     | 2048M                 | a size from 1 to 2047M, such as 64K",
        "QUARKUS_HTTP_LIMITS_MAX_HEADER_SIZE        | 99999999999999999999K | a size from 1 to 2047M, such as 64K",
        "QUARKUS_HTTP_LIMITS_MAX_HEADER_SIZE        | -1                    | a size from 1 to 2047M, such as 64K",
        "QUARKUS_HTTP_LIMITS_MAX_INITIAL_LINE_LENGTH | -1                   | greater than or equal to 1",
        "QUARKUS_DATASOURCE_JDBC_ADDITIONAL_JDBC_PROPERTIES_SOCKETTIMEOUT  | -1 | greater than or equal to 1",
        "QUARKUS_DATASOURCE_JDBC_ADDITIONAL_JDBC_PROPERTIES_CONNECTTIMEOUT | 0  | greater than or equal to 1",
        "QUARKUS_DATASOURCE_JDBC_ACQUISITION_TIMEOUT | -1S                  | 1MS or longer",
        "QUARKUS_DATASOURCE_JDBC_ACQUISITION_TIMEOUT | 0                    | 1MS or longer",
        "QUARKUS_HTTP_IDLE_TIMEOUT                  | -1S                   | longer than or equal to 1 second",
        "QUARKUS_HTTP_IDLE_TIMEOUT                  | 99999999999999999999D | a time such as 90S",
        "QUARKUS_SHUTDOWN_DELAY                     | -5S                   | longer than or equal to 0",
        "QUARKUS_SHUTDOWN_TIMEOUT                   | -1S                   | longer than or equal to 0",
        "TASKWARD_TOKENS_CLOCK_SKEW                 | 500MS                 | a time in whole seconds, such as 10S",
        "TASKWARD_TOKENS_MAX_AGE                    | 25H                   | shorter than or equal to 24 hours",
        "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS     | /nowhere/ca.pem       | a comma-separated list of PEM files with certificates",
      })
  void aWrongValueIsReportedInOneLine(String variable, String value, String description) {
    assertEquals(
        variable + " must be " + description,
        error(Map.of(variable, value)).replaceFirst("\\.$", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "QUARKUS_MANAGEMENT_HOST, ::1",
    "QUARKUS_HTTP_HOST, localhost",
    "TASKWARD_MAX_BODY_SIZE, 2047M",
    "QUARKUS_HTTP_IDLE_TIMEOUT, 90",
    "QUARKUS_SHUTDOWN_DELAY, 0",
    "TASKWARD_TOKENS_CLOCK_SKEW, 2000MS",
    "MP_JWT_VERIFY_CLOCK_SKEW, 300",
    "MP_JWT_VERIFY_TOKEN_AGE, 86400",
    "OTEL_TRACES_SAMPLER, parentbased_always_off",
    "OTEL_PROPAGATORS, 'tracecontext,baggage'",
    "OTEL_SDK_DISABLED, TRUE",
  })
  void aValidValueIsAccepted(String variable, String value) {
    assertEquals(null, error(Map.of(variable, value)));
  }

  @Test
  void aTrustStoreWithoutCertificatesIsRejected(@TempDir Path folder) throws Exception {
    String trust = "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS";
    Path none = Files.writeString(folder.resolve("none.pem"), "hello");
    Path empty = Files.createFile(folder.resolve("empty.pem"));

    for (Path file : List.of(none, empty, folder)) {
      assertTrue(error(Map.of(trust, file.toString())).startsWith(trust + " must be"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MP_JWT_VERIFY_ISSUER, https://issuer.example, taskward.tokens.issuer, https://issuer.example",
    "MP_JWT_VERIFY_AUDIENCES, 'a,b', taskward.tokens.audiences, 'a,b'",
    "MP_JWT_VERIFY_CLOCK_SKEW, 5, taskward.tokens.clock-skew, 5",
    "MP_JWT_VERIFY_TOKEN_AGE, 3600, taskward.tokens.max-age, 3600",
  })
  void theNamesOfMicroProfileJwtAreAliases(
      String variable, String value, String ours, String expected) {
    assertEquals(expected, value(Map.of(variable, value), ours));
  }

  @ParameterizedTest
  @CsvSource({
    "MP_JWT_VERIFY_ISSUER, i, TASKWARD_TOKENS_ISSUER, i, j",
    "MP_JWT_VERIFY_AUDIENCES, 'a,b', TASKWARD_TOKENS_AUDIENCES, 'b, a', 'a'",
    "MP_JWT_VERIFY_CLOCK_SKEW, 60, TASKWARD_TOKENS_CLOCK_SKEW, 1M, 1S",
    "MP_JWT_VERIFY_TOKEN_AGE, 3600, TASKWARD_TOKENS_MAX_AGE, 1H, 2H",
  })
  void bothNamesMayBeSetToTheSameValue(
      String standard, String value, String ours, String same, String other) {
    assertEquals(null, error(Map.of(standard, value, ours, same)));
    assertEquals(
        standard + " and " + ours + " mean the same and must be equal; set only one of them.",
        error(Map.of(standard, value, ours, other)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MP_JWT_VERIFY_ISSUER     | ' '   | MP_JWT_VERIFY_ISSUER must not be empty.",
        "MP_JWT_VERIFY_AUDIENCES  | a,,b  | MP_JWT_VERIFY_AUDIENCES must be a comma-separated list of audiences.",
        "MP_JWT_VERIFY_AUDIENCES  | ''    | MP_JWT_VERIFY_AUDIENCES must be a comma-separated list of audiences.",
        "MP_JWT_VERIFY_CLOCK_SKEW | 301   | MP_JWT_VERIFY_CLOCK_SKEW must be a number of seconds from 0 to 300.",
        "MP_JWT_VERIFY_CLOCK_SKEW | 10S   | MP_JWT_VERIFY_CLOCK_SKEW must be a number of seconds from 0 to 300.",
        "MP_JWT_VERIFY_TOKEN_AGE  | 86401 | MP_JWT_VERIFY_TOKEN_AGE must be a number of seconds from 1 to 86400.",
        "MP_JWT_VERIFY_TOKEN_AGE  | 0     | MP_JWT_VERIFY_TOKEN_AGE must be a number of seconds from 1 to 86400.",
        "MP_JWT_VERIFY_TOKEN_AGE  | ''    | MP_JWT_VERIFY_TOKEN_AGE must be a number of seconds from 1 to 86400.",
      })
  void aWrongSettingOfMicroProfileJwtIsReportedInOneLine(
      String variable, String value, String line) {
    assertEquals(line, error(Map.of(variable, value)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MP_JWT_VERIFY_PUBLICKEY_ALGORITHM",
        "MP_JWT_TOKEN_HEADER",
        "MP_JWT_TOKEN_COOKIE",
        "MP_JWT_DECRYPT_KEY_LOCATION",
        "MP_JWT_VERIFY_ISUER",
        "SMALLRYE_JWT_PATH_SUB",
        "SMALLRYE_JWT_REQUIRED_CLAIMS",
        "SMALLRYE_JWT_SIGN_KEY_LOCATION",
        "smallrye.jwt.time-to-live",
      })
  void otherSettingsOfMicroProfileJwtAreRejected(String name) {
    SettingsException error =
        assertThrows(SettingsException.class, () -> EnvironmentCheck.check(Map.of(name, "x")));
    assertEquals(
        name + " has no effect in this service: remove it, see docs/configuration.md.",
        error.getMessage());
  }

  private static Map<String, String> traced(String... more) {
    Map<String, String> environment = new HashMap<>(Map.of(OTLP + "_ENDPOINT", COLLECTOR));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  @Test
  void headersOfTheTraceExportAreDecoded() {
    SmallRyeConfig config =
        config(
            traced(
                OTLP + "_HEADERS",
                "authorization=Basic%20YTpi%3D%3D,x-list=a%2Cb%5Cc, x-plus=1+1 ,x-dollar=$${x}"));

    assertEquals(
        List.of("authorization=Basic YTpi==", "x-list=a,b\\c", "x-plus=1+1", "x-dollar=$${x}"),
        config.getValues("quarkus.otel.exporter.otlp.headers", String.class));
  }

  @Test
  void resourceAttributesAreDecoded() {
    assertEquals(
        List.of("team=a b", "list=x,y"),
        config(traced("OTEL_RESOURCE_ATTRIBUTES", "team=a%20b,list=x%2Cy"))
            .getValues("quarkus.otel.resource.attributes", String.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OTEL_EXPORTER_OTLP_HEADERS        | foo",
        "OTEL_EXPORTER_OTLP_HEADERS        | a=b%2",
        "OTEL_EXPORTER_OTLP_HEADERS        | a=b%0D%0Ac: d",
        "OTEL_EXPORTER_OTLP_HEADERS        | a b=c",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS | =c",
        "OTEL_RESOURCE_ATTRIBUTES          | foo",
      })
  void aMalformedListIsReportedInOneLine(String variable, String value) {
    assertEquals(
        variable
            + " must be a comma-separated list of name=value, with special characters in the values"
            + " percent-encoded.",
        error(traced(variable, value)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OTEL_SDK_DISABLED               | no          | true or false",
        "OTEL_TRACES_EXPORTER            | zipkin      | otlp or none",
        "OTEL_TRACES_SAMPLER             | all         | always_on, always_off or traceidratio, each also with parentbased_ in front",
        "OTEL_PROPAGATORS                | b3          | tracecontext, baggage, both with a comma between them, or none",
        "OTEL_EXPORTER_OTLP_TIMEOUT      | 10s         | a number of milliseconds from 1 on",
        "OTEL_EXPORTER_OTLP_COMPRESSION  | zip         | gzip or none",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL | http/json | grpc or http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT | http://collector:4318 | an http or https URL such as http://collector:4318/v1/traces, with this path at its end",
      })
  void aWrongSettingOfOpenTelemetryIsReportedInOneLine(
      String variable, String value, String description) {
    assertEquals(variable + " must be " + description + ".", error(traced(variable, value)));
  }

  @Test
  void tracesAreOffWithoutAnEndpointOrWhenSwitchedOff() {
    String disabled = "quarkus.otel.sdk.disabled";
    assertEquals("true", value(Map.of(), disabled));
    assertEquals("false", value(traced(), disabled));
    assertEquals("false", value(traced("OTEL_TRACES_EXPORTER", "otlp"), disabled));
    assertEquals("true", value(traced("OTEL_TRACES_EXPORTER", "none"), disabled));
    assertEquals("true", value(traced("OTEL_SDK_DISABLED", "True"), disabled));
  }

  /** OpenTelemetry uses this endpoint unchanged, while Quarkus adds the path. */
  @Test
  void anEndpointForTracesOnlyIsEnough() {
    String endpoint = OTLP + "_TRACES_ENDPOINT";
    SmallRyeConfig config = config(Map.of(endpoint, COLLECTOR + "/otlp/v1/traces"));
    assertEquals("false", config.getValue("quarkus.otel.sdk.disabled", String.class));
    assertEquals(
        COLLECTOR + "/otlp", config.getValue("quarkus.otel.exporter.otlp.endpoint", String.class));
    assertEquals(
        "http://collector:4317",
        value(
            Map.of(endpoint, "http://collector:4317", OTLP + "_PROTOCOL", "grpc"),
            "quarkus.otel.exporter.otlp.endpoint"));
  }

  @Test
  void settingsForTracesOnlyTakePrecedence() {
    SmallRyeConfig config =
        config(
            traced(
                OTLP + "_HEADERS", "a=1",
                OTLP + "_TRACES_HEADERS", "a=2",
                OTLP + "_TRACES_PROTOCOL", "grpc",
                OTLP + "_TRACES_TIMEOUT", "1500",
                OTLP + "_TRACES_COMPRESSION", "gzip"));
    String exporter = "quarkus.otel.exporter.otlp.";
    assertEquals("a=2", config.getValue(exporter + "headers", String.class));
    assertEquals("grpc", config.getValue(exporter + "protocol", String.class));
    assertEquals("2S", config.getValue(exporter + "timeout", String.class));
    assertEquals("gzip", config.getValue(exporter + "compression", String.class));
  }

  @Test
  void variablesWithoutEffectAreReported() {
    assertEquals(
        "OTEL_BSP_SCHEDULE_DELAY, OTEL_EXPORTER_OTLP_CERTIFICATE, TASKWARD_TOKENS_ISUER",
        EnvironmentCheck.unknown(
            Stream.of(
                    "OTEL_BSP_SCHEDULE_DELAY",
                    OTLP + "_CERTIFICATE",
                    OTLP + "_TRACES_HEADERS",
                    OTLP + "_METRICS_ENDPOINT",
                    "OTEL_TRACES_SAMPLER",
                    "TASKWARD_TOKENS_MAX_AGE",
                    "TASKWARD_TOKENS_ISUER",
                    "TASKWARD_SERVICE_HOST",
                    "TASKWARD_PORT_8080_TCP",
                    "TASKWARD_PORT")
                .collect(Collectors.toMap(name -> name, name -> "x"))));
  }
}
