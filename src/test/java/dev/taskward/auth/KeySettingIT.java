package dev.taskward.auth;

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
    String noKey =
        " has no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA"
            + " (Ed25519).";
    return Stream.of(
        arguments(
            Map.of(LOCATION, "/nowhere/key.pem"), LOCATION + " can't be read: /nowhere/key.pem"),
        arguments(
            Map.of(LOCATION, file("bad.json", "{\"keys\": ")),
            LOCATION + " has neither a JWK nor a JWKS."),
        arguments(
            Map.of(LOCATION, "https://issuer.example/jwks", "https_proxy", "socks5://proxy:1080"),
            "HTTPS_PROXY must be a proxy such as http://proxy.example.com:3128."),
        arguments(Map.of(PUBLIC_KEY, "hello"), PUBLIC_KEY + noKey),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_SCOPES_REQUIRED", "yes please"),
            "TASKWARD_SCOPES_REQUIRED must be true or false."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_SUBJECT_CLAIM", ""),
            "The config property TASKWARD_TOKENS_SUBJECT_CLAIM is defined as the empty String (\"\")"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TASKS_QUOTA", "0"),
            "TASKWARD_TASKS_QUOTA must be greater than or equal to 1"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME", "-1S"),
            "The start failed: IllegalArgumentException: Max Lifetime must not be negative. One of"
                + " these settings may be wrong: QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TRASH_RETENTION", "9223372036854775807D"),
            "The start failed: ArithmeticException: long overflow. One of these settings may be wrong:"
                + " TASKWARD_TRASH_RETENTION."),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TOKENS_CLOCK_SKEW", "ten"),
            "The config property TASKWARD_TOKENS_CLOCK_SKEW with the config value \"ten\" threw an"
                + " Exception whilst being converted Invalid duration: ten"));
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
    Path certificate = folder.resolve("issuer.pem");
    Issuer issuer = new Issuer();
    int port = serveOverTls(issuer, "localhost", certificate);
    issuer.publishes(key);

    String localhost = "https://localhost:" + port + "/jwks";
    String nameOfAnother = "https://127.0.0.1:" + port + "/jwks";
    String trust = "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS";

    assertEquals(200, status(key, Map.of(LOCATION, localhost, trust, certificate.toString())));
    assertEquals(503, status(key, Map.of(LOCATION, localhost)));
    assertEquals(503, status(key, Map.of(LOCATION, nameOfAnother, trust, certificate.toString())));
    issuer.stop();
  }

  /**
   * @param certificate the file for the server's certificate
   * @return the port
   */
  private static int serveOverTls(Issuer issuer, String host, Path certificate) throws Exception {
    Path store = Path.of(certificate + ".p12");
    keytool(
        "-genkeypair", store, "-keyalg", "EC", "-dname", "CN=issuer", "-ext", "SAN=dns:" + host);
    keytool("-exportcert", store, "-rfc", "-file", certificate.toString());
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls(store)));
    issuer.serve(server);
    return server.getAddress().getPort();
  }

  /** The issuer's name is known to the proxy alone. */
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void keysComeThroughTheProxyOfTheEnvironment() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "Ed25519");
    Path certificate = folder.resolve("proxied.pem");
    Issuer issuer = new Issuer();
    int port = serveOverTls(issuer, "issuer.example", certificate);
    issuer.publishes(key);
    Map<String, String> settings = new HashMap<>();
    settings.put(LOCATION, "https://issuer.example:8443/jwks");
    settings.put("QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS", certificate.toString());

    try (ConnectProxy proxy = new ConnectProxy(port)) {
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
