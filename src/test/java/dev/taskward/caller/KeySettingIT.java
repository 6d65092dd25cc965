package dev.taskward.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.taskward.Issuer;
import dev.taskward.PackagedApplication;
import dev.taskward.PackagedApplication.Running;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an operator sees who configures the issuer, rightly and wrongly. */
class KeySettingIT {

  private static final String OTLP = "OTEL_EXPORTER_OTLP";
  private static final String LOCATION = "MP_JWT_VERIFY_PUBLICKEY_LOCATION";
  private static final String PUBLIC_KEY = "MP_JWT_VERIFY_PUBLICKEY";
  private static final String SECRET = "BETTER_AUTH_SECRET";

  private static EmbeddedPostgres postgres;

  @TempDir static Path folder;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  static Stream<Arguments> mistakes() throws Exception {
    KeyPairGenerator small = KeyPairGenerator.getInstance("RSA");
    small.initialize(1024);
    String weak =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getEncoder().encodeToString(small.generateKeyPair().getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    String noKey =
        " has no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA"
            + " (Ed25519).";
    String notThatUrl = LOCATION + " must be an https URL (http only on this machine) or a file.";
    String notOrigins =
        "TASKWARD_CORS_ORIGINS must be a comma-separated list of origins such as"
            + " https://app.example.com.";
    String notNetworks =
        "TASKWARD_PROXY_TRUSTED must be a comma-separated list of IP addresses and networks such as"
            + " 10.42.0.0/16.";
    String notPairs =
        "OTEL_RESOURCE_ATTRIBUTES must be a comma-separated list of name=value, with special"
            + " characters in the values percent-encoded.";
    SigningKey key = SigningKey.generate("k", "EdDSA");
    return Stream.of(
        arguments(
            Map.of(SECRET, Tokens.SECRET, LOCATION, "https://issuer.example/jwks"),
            "Only one of BETTER_AUTH_SECRET and MP_JWT_VERIFY_PUBLICKEY_LOCATION can be set."),
        arguments(
            Map.of(PUBLIC_KEY, key.pem(), LOCATION, "https://issuer.example/jwks"),
            "Only one of MP_JWT_VERIFY_PUBLICKEY and MP_JWT_VERIFY_PUBLICKEY_LOCATION can be set."),
        arguments(Map.of(LOCATION, "http://issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost@issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "http://localhost:pw@issuer.example/jwks"), notThatUrl),
        arguments(Map.of(LOCATION, "https://"), notThatUrl),
        arguments(Map.of(LOCATION, "https://issuer example/jwks"), notThatUrl),
        arguments(
            Map.of(LOCATION, "/nowhere/key.pem"), LOCATION + " can't be read: /nowhere/key.pem"),
        arguments(Map.of(LOCATION, file("no.pem", "hello")), LOCATION + noKey),
        arguments(Map.of(LOCATION, file("weak.pem", weak)), LOCATION + noKey),
        arguments(Map.of(LOCATION, file("no.json", "{\"keys\": []}")), LOCATION + noKey),
        arguments(
            Map.of(LOCATION, file("bad.json", "{\"keys\": ")),
            LOCATION + " has neither a JWK nor a JWKS."),
        arguments(
            Map.of(
                LOCATION,
                file("oct.json", "{\"kty\": \"oct\", \"k\": \"" + "A".repeat(43) + "\"}")),
            LOCATION + noKey.replaceFirst("\\.$", "; ignored: a key without kid (symmetric).")),
        arguments(
            Map.of(LOCATION, "https://issuer.example/jwks", "https_proxy", "socks5://proxy:1080"),
            "HTTPS_PROXY must be a proxy such as http://proxy.example.com:3128."),
        arguments(Map.of(PUBLIC_KEY, "hello"), PUBLIC_KEY + noKey),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_SCOPES_REQUIRED", "yes please"),
            "TASKWARD_SCOPES_REQUIRED must be true or false."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_API_DOCS", "on"),
            "TASKWARD_API_DOCS must be true or false."),
        arguments(Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "*"), notOrigins),
        arguments(Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "/.*/"), notOrigins),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "https://a.example,b.example"),
            notOrigins),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "https://a.example/"),
            notOrigins),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "https://A.example"),
            notOrigins),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_CORS_ORIGINS", "https://a.example:443"),
            notOrigins),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_RATE_LIMIT_STORE", "redis"),
            "TASKWARD_RATE_LIMIT_STORE must be memory or postgresql"),
        arguments(Map.of(SECRET, Tokens.SECRET, "TASKWARD_PROXY_TRUSTED", "*"), notNetworks),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_PROXY_TRUSTED", "10.0.0.1,ingress"),
            notNetworks),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_PROXY_TRUSTED", "10.0.0.0/33"), notNetworks),
        arguments(
            Map.of(SECRET, Tokens.SECRET, OTLP + "_ENDPOINT", "collector:4318"),
            OTLP + "_ENDPOINT must be an http or https URL such as http://collector:4318."),
        arguments(
            traced(OTLP + "_PROTOCOL", "http/json"),
            OTLP + "_PROTOCOL must be grpc or http/protobuf."),
        arguments(
            traced("OTEL_TRACES_SAMPLER_ARG", "10"),
            "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_CLOCK_SKEW", "1H"),
            "TASKWARD_TOKENS_CLOCK_SKEW must be shorter than or equal to 5 minutes"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_AUDIENCES", "a,,b"),
            "TASKWARD_TOKENS_AUDIENCES must be a comma-separated list of audiences."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_AUDIENCES", ""),
            "TASKWARD_TOKENS_AUDIENCES must be a comma-separated list of audiences."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_ISSUER", " "),
            "TASKWARD_TOKENS_ISSUER must not be empty."),
        arguments(
            Map.of(
                SECRET,
                Tokens.SECRET,
                "QUARKUS_DATASOURCE_JDBC_URL",
                "postgresql://taskward:secret@localhost/tasks"),
            "QUARKUS_DATASOURCE_JDBC_URL must be jdbc:postgresql://host:port/database."),
        arguments(
            Map.of(
                SECRET,
                Tokens.SECRET,
                "QUARKUS_DATASOURCE_JDBC_URL",
                "jdbc:postgresql://localhost:99999/tasks?user=taskward&password=secret"),
            "QUARKUS_DATASOURCE_JDBC_URL must be jdbc:postgresql://host:port/database."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_SUBJECT_CLAIM", ""),
            "The config property TASKWARD_TOKENS_SUBJECT_CLAIM is defined as the empty String (\"\")"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TASKS_QUOTA", "0"),
            "TASKWARD_TASKS_QUOTA must be greater than or equal to 1"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_IDEMPOTENCY_LIFETIME", "-5M"),
            "TASKWARD_IDEMPOTENCY_LIFETIME must be longer than or equal to 1 second"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TRASH_RETENTION", "200000000D"),
            "TASKWARD_TRASH_RETENTION must be shorter than or equal to 36500 days"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TRASH_RETENTION", "-1D"),
            "TASKWARD_TRASH_RETENTION must be longer than or equal to 0"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TRASH_PURGE_INTERVAL", "0S"),
            "TASKWARD_TRASH_PURGE_INTERVAL must be longer than or equal to 1 second"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL", "200000D"),
            "TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL must be shorter than or equal to 1 day"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_THREAD_POOL_QUEUE_SIZE", "0"),
            "QUARKUS_THREAD_POOL_QUEUE_SIZE must be a number from 1 on."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_THREAD_POOL_MAX_THREADS", "0"),
            "QUARKUS_THREAD_POOL_MAX_THREADS must be a number from 1 on."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_FLYWAY_USERNAME", "owner"),
            "QUARKUS_FLYWAY_JDBC_URL, QUARKUS_FLYWAY_USERNAME, QUARKUS_FLYWAY_PASSWORD: all of them"
                + " are set, or none."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_HTTP_PORT", "70000"),
            "QUARKUS_HTTP_PORT must be a port."),
        arguments(
            Map.of(
                SECRET,
                Tokens.SECRET,
                "QUARKUS_HTTP_PORT",
                "09098",
                "QUARKUS_MANAGEMENT_PORT",
                "9098"),
            "QUARKUS_MANAGEMENT_PORT must not be QUARKUS_HTTP_PORT."),
        arguments(
            Map.of(
                SECRET,
                Tokens.SECRET,
                "MP_JWT_VERIFY_ISSUER",
                "https://a.example",
                "TASKWARD_TOKENS_ISSUER",
                "https://b.example"),
            "MP_JWT_VERIFY_ISSUER and TASKWARD_TOKENS_ISSUER mean the same and must be equal; set"
                + " only one of them."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "SMALLRYE_JWT_REQUIRED_CLAIMS", "email"),
            "SMALLRYE_JWT_REQUIRED_CLAIMS has no effect in this service: remove it, see the"
                + " README's settings for tokens."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_MAX_BODY_SIZE", "99999999999999999999"),
            "TASKWARD_MAX_BODY_SIZE must be a size from 1 to 2047M, such as 64K."),
        arguments(
            Map.of(
                SECRET, Tokens.SECRET, "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS", "/nowhere/ca.pem"),
            "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS must be a comma-separated list of PEM files with"
                + " certificates."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME", "-1S"),
            "The start failed: IllegalArgumentException: Max Lifetime must not be negative. One of"
                + " these settings may be wrong: QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TRASH_RETENTION", "9223372036854775807D"),
            "The start failed: ArithmeticException: long overflow. One of these settings may be wrong:"
                + " TASKWARD_TRASH_RETENTION."),
        arguments(Map.of(SECRET, Tokens.SECRET, "OTEL_RESOURCE_ATTRIBUTES", "team"), notPairs),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_CLOCK_SKEW", "ten"),
            "The config property TASKWARD_TOKENS_CLOCK_SKEW with the config value \"ten\" threw an"
                + " Exception whilst being converted Invalid duration: ten"));
  }

  private static Map<String, String> traced(String variable, String value) {
    return Map.of(
        SECRET, Tokens.SECRET, OTLP + "_ENDPOINT", "http://collector:4318", variable, value);
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeEndsTheStartWithOneClearLine(Map<String, String> settings, String line)
      throws Exception {
    PackagedApplication.Ended ended = PackagedApplication.run(environment(settings));

    List<String> lines = ended.lines().stream().filter(l -> !l.startsWith("{")).toList();
    assertEquals(List.of(line), lines); // beside what the log has
    assertEquals(1, ended.code());
  }

  @Test
  void aKeySetOfEveryIssuerIsWarnedOf() throws Exception {
    Issuer issuer = new Issuer();
    String url = issuer.open();

    List<String> silent =
        warnings(
            Map.of(LOCATION, url, "TASKWARD_TOKENS_ISSUER", "i", "TASKWARD_TOKENS_AUDIENCES", "a"));
    List<String> warned = warnings(Map.of(LOCATION, url));

    assertEquals(0, silent.size(), silent.toString());
    assertEquals(2, warned.size(), warned.toString());
    assertTrue(warned.get(0).contains("TASKWARD_TOKENS_ISSUER is not set"), warned.toString());
    assertTrue(warned.get(1).contains("TASKWARD_TOKENS_AUDIENCES is not set"), warned.toString());
    issuer.stop();
  }

  private static List<String> warnings(Map<String, String> settings) throws Exception {
    try (Running service = new Running(environment(settings))) {
      return service.stop().stream().filter(line -> line.contains("is not set")).toList();
    }
  }

  @Test
  void theNamesOfMicroProfileJwtAreHonoured() throws Exception {
    Map<String, String> settings =
        Map.of(
            SECRET,
            Tokens.SECRET,
            "MP_JWT_VERIFY_ISSUER",
            "https://issuer.example",
            "MP_JWT_VERIFY_AUDIENCES",
            "tasks,mail",
            "MP_JWT_VERIFY_TOKEN_AGE",
            "600",
            "MP_JWT_VERIFY_CLOCK_SKEW",
            "0");
    try (Running service = new Running(environment(settings))) {
      Map<String, Object> claims = new HashMap<>(Tokens.claims("alice"));
      claims.putAll(Map.of("iss", "https://issuer.example", "aud", "mail"));

      assertEquals(200, status(service, claims, Map.of()));
      assertEquals(401, status(service, claims, Map.of("iss", "https://other.example")));
      assertEquals(401, status(service, claims, Map.of("aud", "calendar")));
      long now = Instant.now().getEpochSecond();
      assertEquals(401, status(service, claims, Map.of("iat", now - 700)));
      assertEquals(401, status(service, claims, Map.of("exp", now - 5)));
    }
  }

  private static int status(
      Running service, Map<String, Object> claims, Map<String, Object> changed) {
    Map<String, Object> all = new HashMap<>(claims);
    all.putAll(changed);
    String token = Tokens.sign(Map.of("alg", "HS256"), all, "HmacSHA256", Tokens.SECRET);
    return RestAssured.given()
        .header("Authorization", "Bearer " + token)
        .get(service.url("/api/v1/tasks"))
        .statusCode();
  }

  /** Also of an issuer whose certificate is signed by a CA of his own, if it is configured. */
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void keysComeOverTlsFromWhoHasATrustedCertificate() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "EdDSA");
    Path store = folder.resolve("issuer.p12");
    keytool(
        "-genkeypair", store, "-keyalg", "EC", "-dname", "CN=issuer", "-ext", "SAN=dns:localhost");
    Path certificate = folder.resolve("issuer.pem");
    keytool("-exportcert", store, "-rfc", "-file", certificate.toString());
    Issuer issuer = new Issuer();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls(store)));
    issuer.serve(server);
    issuer.publishes(key);
    int port = server.getAddress().getPort();

    String localhost = "https://localhost:" + port + "/jwks";
    String nameOfAnother = "https://127.0.0.1:" + port + "/jwks";
    String trust = "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS";

    assertEquals(200, status(key, Map.of(LOCATION, localhost, trust, certificate.toString())));
    assertEquals(503, status(key, Map.of(LOCATION, localhost)));
    assertEquals(503, status(key, Map.of(LOCATION, nameOfAnother, trust, certificate.toString())));
    issuer.stop();
  }

  /** The issuer's name is known to the proxy alone. */
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void keysComeThroughTheProxyOfTheEnvironment() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "Ed25519");
    Path store = folder.resolve("proxied.p12");
    String san = "SAN=dns:issuer.example";
    keytool("-genkeypair", store, "-keyalg", "EC", "-dname", "CN=issuer", "-ext", san);
    Path certificate = folder.resolve("proxied.pem");
    keytool("-exportcert", store, "-rfc", "-file", certificate.toString());
    Issuer issuer = new Issuer();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls(store)));
    issuer.serve(server);
    issuer.publishes(key);
    Map<String, String> settings = new HashMap<>();
    settings.put(LOCATION, "https://issuer.example:8443/jwks");
    settings.put("QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS", certificate.toString());

    try (ConnectProxy proxy = new ConnectProxy(server.getAddress().getPort())) {
      settings.put("HTTPS_PROXY", "http://me:p%40ss@localhost:" + proxy.port());
      assertEquals(200, status(key, settings));
      assertEquals("CONNECT issuer.example:8443 HTTP/1.1", proxy.heads().get(0).get(0));
      String credentials = Base64.getEncoder().encodeToString("me:p@ss".getBytes());
      assertTrue(
          proxy.heads().get(0).stream()
              .anyMatch(l -> l.equalsIgnoreCase("proxy-authorization: Basic " + credentials)),
          proxy.heads().toString());

      int before = proxy.heads().size();
      settings.put("NO_PROXY", "localhost,.example");
      assertEquals(503, status(key, settings));
      assertEquals(before, proxy.heads().size());
    }
    issuer.stop();
  }

  /** Opens every tunnel to one port of this machine. */
  private static final class ConnectProxy implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    private final List<List<String>> heads = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    ConnectProxy(int target) throws IOException {
      threads.execute(
          () -> {
            while (!server.isClosed()) {
              try {
                Socket client = server.accept();
                threads.execute(() -> tunnel(client, target));
              } catch (IOException closed) {
                return;
              }
            }
          });
    }

    private void tunnel(Socket client, int target) {
      try (client;
          Socket issuer = new Socket(InetAddress.getLoopbackAddress(), target)) {
        List<String> head = new ArrayList<>();
        for (String line = line(client); !line.isEmpty(); line = line(client)) {
          head.add(line);
        }
        heads.add(head);
        client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
        threads.execute(() -> copy(client, issuer));
        copy(issuer, client);
      } catch (IOException gone) {
        // the test sees what follows
      }
    }

    private static String line(Socket socket) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = socket.getInputStream().read(); c >= 0 && c != '\n'; ) {
        line.append((char) c);
        c = socket.getInputStream().read();
      }
      return line.toString().strip();
    }

    private static void copy(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
      } catch (IOException gone) {
        // so is the other direction
      }
    }

    int port() {
      return server.getLocalPort();
    }

    List<List<String>> heads() {
      return heads;
    }

    @Override
    public void close() throws IOException {
      server.close();
      threads.shutdownNow();
    }
  }

  /** As Node and others do where a name has IPv6 addresses, too. */
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void anIssuerOnThisMachineMayListenOnIpv6Alone() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "EdDSA");
    Issuer issuer = new Issuer();
    HttpServer server = HttpServer.create(new InetSocketAddress("::1", 0), 0);
    issuer.serve(server);
    issuer.publishes(key);

    assertEquals(
        200,
        status(
            key, Map.of(LOCATION, "http://localhost:" + server.getAddress().getPort() + "/jwks")));
    issuer.stop();
  }

  /** After some fetches: the first one may take longer than a request is made to wait. */
  private static int status(SigningKey key, Map<String, String> settings) throws Exception {
    Map<String, String> environment = environment(settings);
    environment.put("TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL", "1S");
    try (Running service = new Running(environment)) {
      int status = 503;
      for (int tries = 0; status == 503 && tries < 5; tries++) {
        status =
            RestAssured.given()
                .header("Authorization", "Bearer " + key.token(Tokens.claims("alice")))
                .get(service.url("/api/v1/tasks"))
                .statusCode();
        Thread.sleep(1_000);
      }
      return status;
    }
  }

  private static Map<String, String> environment(Map<String, String> settings) {
    Map<String, String> environment = new HashMap<>(settings);
    environment.put(
        "DATABASE_URL",
        "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres?sslmode=disable");
    return environment;
  }

  private static String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static void keytool(String command, Path store, String... options) throws Exception {
    List<String> line =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    command,
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    "changeit",
                    "-alias",
                    "issuer"),
                Stream.of(options))
            .toList();
    assertEquals(0, new ProcessBuilder(line).inheritIO().start().waitFor());
  }

  private static SSLContext tls(Path store) throws Exception {
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
