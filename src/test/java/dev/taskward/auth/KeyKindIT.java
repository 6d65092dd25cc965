package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.taskward.Issuer;
import dev.taskward.PackagedApplication;
import dev.taskward.PackagedApplication.Running;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keys and wrong settings of the packaged application. {@link TokenIT} tests the shared secret,
 * {@link KeyKindTest} each kind of key and algorithm.
 */
@Execution(ExecutionMode.CONCURRENT)
@Tag("system")
class KeyKindIT {

  private static final String LOCATION = "MP_JWT_VERIFY_PUBLICKEY_LOCATION";
  private static final String SECRET = "BETTER_AUTH_SECRET";

  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration FETCH_AT_MOST = Duration.ofSeconds(3);

  private static final AtomicInteger DATABASES = new AtomicInteger();

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

  /** One mistake for each kind of failure at the start. */
  static Stream<Arguments> mistakes() {
    return Stream.of(
        arguments(
            Map.of(LOCATION, "/nowhere/key.pem"), LOCATION + " can't be read: /nowhere/key.pem"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "TASKWARD_TASKS_QUOTA", "0"),
            "TASKWARD_TASKS_QUOTA must be greater than or equal to 1"),
        arguments(
            Map.of(SECRET, Tokens.SECRET, "QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME", "-1S"),
            "Startup failed: IllegalArgumentException: Max Lifetime must not be negative. One of"
                + " these settings may be wrong: QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME."));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsReportedInOneLine(Map<String, String> settings, String line) throws Exception {
    PackagedApplication.Ended ended = PackagedApplication.run(environment(settings));

    List<String> lines = ended.lines().stream().filter(l -> !l.startsWith("{")).toList();
    assertEquals(List.of(line), lines); // besides the log
    assertEquals(1, ended.code());
  }

  @Test
  void aPublicKeyInAFileWorksWithTheSettingsOfMicroProfileJwt() throws Exception {
    SigningKey key = KeyKindTest.OWN.get("RS256");
    Path pem = Files.writeString(folder.resolve("key.pem"), key.pem());
    Map<String, String> settings =
        Map.of(
            LOCATION,
            pem.toString(),
            "MP_JWT_VERIFY_ISSUER",
            KeyKindTest.ISSUER,
            "MP_JWT_VERIFY_AUDIENCES",
            "tasks," + KeyKindTest.AUDIENCE,
            "MP_JWT_VERIFY_TOKEN_AGE",
            "600",
            "MP_JWT_VERIFY_CLOCK_SKEW",
            "0");

    try (Running service = new Running(environment(settings))) {
      KeyKindTest.attack(key, true, token -> isAccepted(service, token));

      long now = Instant.now().getEpochSecond();
      assertEquals(401, status(service, key.token(KeyKindTest.with("iat", now - 700))));
      assertEquals(401, status(service, key.token(KeyKindTest.with("exp", now - 5))));
      assertEquals(200, status(service, key.token(KeyKindTest.with("aud", "tasks"))));
    }
  }

  /**
   * The issuer's certificate has its own CA, and only the proxy can resolve its name. The issuer is
   * unavailable, becomes available, gets a new key, and stops responding.
   */
  @Test
  void aKeySetAtAUrlIsFetchedAndRefreshed() throws Exception {
    Issuer other = new Issuer();
    Issuer issuer = new Issuer();
    Path certificateOfOther = folder.resolve("other.pem");
    Path certificate = folder.resolve("issuer.pem");
    int portOfOther = other.openTls("other.example", certificateOfOther);
    int port = issuer.openTls("issuer.example", certificate);
    SigningKey[] keys =
        KeyKindTest.OWN.values().stream()
            .map(key -> key.as("key-" + key.algorithm(), key.algorithm()))
            .toArray(SigningKey[]::new);
    other.publishes(keys);
    issuer.publishes(keys);
    String good = keys[3].token(KeyKindTest.claims());

    try (ConnectProxy proxy = new ConnectProxy(portOfOther);
        Running service =
            new Running(
                environment(
                    Map.of(
                        LOCATION,
                        "https://issuer.example:8443/jwks",
                        "QUARKUS_TLS_JWKS_TRUST_STORE_PEM_CERTS",
                        certificateOfOther + "," + certificate,
                        "TASKWARD_TOKENS_ISSUER",
                        KeyKindTest.ISSUER,
                        "TASKWARD_TOKENS_AUDIENCES",
                        KeyKindTest.AUDIENCE,
                        "HTTPS_PROXY",
                        "http://localhost:" + proxy.port(),
                        "TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL",
                        INTERVAL.toSeconds() + "S")))) {
      // A server with a trusted certificate for another name is not the issuer.
      assertEquals(503, status(service, good));
      assertEquals(401, RestAssured.get(service.url("/api/v1/tasks")).statusCode());
      assertEquals(401, status(service, "no.to.ken"));
      assertEquals(503, health(service, "ready"));
      assertEquals(200, health(service, "live"));
      assertTrue(proxy.heads().size() > 0);
      assertEquals(0, other.requests());

      proxy.setTarget(port);
      waitUntilReady(service); // needs no request with a token
      assertEquals(200, status(service, good));
      for (SigningKey key : keys) {
        KeyKindTest.attack(key, false, token -> isAccepted(service, token));
      }
      // A head slightly over the limit is read, but refused before the token is checked.
      assertEquals(
          431, status(service, keys[0].token(KeyKindTest.with("padding", "x".repeat(12_400)))));

      SigningKey next = SigningKey.generate("next", "ES256");
      Thread.sleep(INTERVAL.toMillis());
      assertEquals(401, status(service, next.token(KeyKindTest.claims())));
      String withdrawn = keys[0].token(KeyKindTest.claims());
      assertEquals(200, status(service, withdrawn));
      issuer.publishes(keys[3], next);
      Thread.sleep(INTERVAL.toMillis());
      assertEquals(200, status(service, next.token(KeyKindTest.claims())));
      assertEquals(200, status(service, good));
      assertEquals(401, status(service, withdrawn));

      issuer.answers(Issuer.silence());
      Thread.sleep(INTERVAL.toMillis());
      assertOnlyUnknownKeysWait(service, issuer, good);
      assertEquals(200, status(service, good));
    }
    issuer.stop();
    other.stop();
  }

  private static void assertOnlyUnknownKeysWait(Running service, Issuer issuer, String good)
      throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(32);
    int before = issuer.requests();
    long start = System.nanoTime();
    List<CompletableFuture<Integer>> unknown =
        IntStream.range(0, 32)
            .mapToObj(i -> SigningKey.generate("unknown-" + i, "EdDSA"))
            .map(key -> key.token(KeyKindTest.claims()))
            .map(token -> CompletableFuture.supplyAsync(() -> timed(service, token), clients))
            .toList();
    for (int i = 0; i < 10; i++) {
      long sent = System.nanoTime();
      assertEquals(200, status(service, good));
      assertEquals(200, health(service, "live"));
      assertTrue(System.nanoTime() - sent < Duration.ofSeconds(1).toNanos());
    }
    for (CompletableFuture<Integer> answer : unknown) {
      assertEquals(401, answer.get());
    }
    int fetches = issuer.requests() - before;
    long intervals = 1 + (System.nanoTime() - start) / INTERVAL.toNanos();
    assertTrue(fetches >= 1 && fetches <= intervals, fetches + " in " + intervals);
    clients.shutdownNow();
  }

  private static int timed(Running service, String token) {
    long start = System.nanoTime();
    int status = status(service, token);
    Duration held = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(held.compareTo(FETCH_AT_MOST) < 0, "waited " + held);
    return status;
  }

  private static void waitUntilReady(Running service) throws InterruptedException {
    for (int tries = 0; health(service, "ready") == 503 && tries < 100; tries++) {
      Thread.sleep(100);
    }
    assertEquals(200, health(service, "ready"));
  }

  private static int health(Running service, String check) {
    return RestAssured.get(service.managementUrl("/q/health/" + check)).statusCode();
  }

  private static boolean isAccepted(Running service, String token) {
    int status = status(service, token);
    assertTrue(status == 200 || status == 401, token + ": " + status);
    return status == 200;
  }

  private static int status(Running service, String token) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token)
        .get(service.url("/api/v1/tasks?limit=1"))
        .statusCode();
  }

  /** Adds a new database to the settings. */
  private static Map<String, String> environment(Map<String, String> settings) throws Exception {
    String database = "own" + DATABASES.incrementAndGet();
    try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
      connection.createStatement().execute("create database " + database);
    }
    Map<String, String> environment = new HashMap<>(settings);
    environment.put(
        "DATABASE_URL",
        "postgresql://postgres@localhost:%d/%s?sslmode=disable"
            .formatted(postgres.getPort(), database));
    return environment;
  }
}
