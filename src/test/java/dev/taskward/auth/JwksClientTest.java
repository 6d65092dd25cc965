package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.net.httpserver.HttpServer;
import dev.taskward.Issuer;
import dev.taskward.Manifests;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import dev.taskward.auth.VerificationKeys.VerificationKey;
import io.quarkus.tls.BaseTlsConfiguration;
import io.quarkus.tls.TlsConfiguration;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.TrustOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fetches from servers that are slow, faulty or not trusted. */
class JwksClientTest {

  private static final Duration BOUND = Duration.ofSeconds(2);
  private static final SigningKey KEY = SigningKey.generate("its-kid", "EdDSA");

  private static final Issuer TLS_ISSUER = new Issuer();
  private static int tlsPort;
  private static Optional<TlsConfiguration> trust;

  private final Issuer issuer = new Issuer();

  @BeforeAll
  static void openTls(@TempDir Path folder) {
    Path certificate = folder.resolve("issuer.pem");
    tlsPort = TLS_ISSUER.openTls("localhost,issuer.example", certificate);
    TLS_ISSUER.publishes(KEY);
    trust = trust(Buffer.buffer(Manifests.text(certificate)));
  }

  @AfterAll
  static void closeTls() {
    TLS_ISSUER.stop();
  }

  @AfterEach
  void stop() {
    issuer.stop();
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        arguments("silent", Issuer.silence()),
        arguments("endless", Issuer.trickle()),
        arguments("huge", Issuer.huge(KEY)),
        arguments("closing the connection", Issuer.hangUp()),
        arguments("failing", Issuer.status(500)),
        arguments("empty", Issuer.status(204)),
        arguments("without keys", Issuer.json("{\"keys\": []}")),
        arguments("without a JWKS", Issuer.json("[]")),
        arguments("without JSON", Issuer.json("<html>")),
        arguments("deeply nested", Issuer.json("{\"keys\":".repeat(20_000))),
        arguments(
            "with a secret",
            Issuer.json(
                "{\"keys\": [{\"kty\": \"oct\", \"kid\": \"x\", \"alg\": \"HS256\", \"k\": \"%s\"}]}"
                    .formatted(Tokens.encode(new byte[32])))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void aFaultyIssuerFailsTheFetchInTime(String how, Issuer.Answer failure) {
    String url = issuer.open();
    issuer.answers(failure);

    long start = System.nanoTime();
    assertThrows(ExecutionException.class, () -> fetch(url));
    assertTrue(System.nanoTime() - start < 2 * BOUND.toNanos()); // a busy machine

    assertEquals(1, issuer.requests());
  }

  @Test
  void aRedirectIsNotFollowed() {
    Issuer elsewhere = new Issuer();
    issuer.answers(Issuer.redirect(elsewhere.open()));
    elsewhere.publishes(KEY);
    String url = issuer.open();

    assertThrows(ExecutionException.class, () -> fetch(url));

    assertEquals(0, elsewhere.requests());
    elsewhere.stop();
  }

  @Test
  void aFetchBlocksNoThread() {
    String url = issuer.open();
    issuer.answers(Issuer.silence());
    CompletableFuture<Long> called = new CompletableFuture<>();
    CompletableFuture<Long> after = new CompletableFuture<>();

    UnitVerification.VERTX.runOnContext(
        eventLoop -> {
          UnitVerification.client(Optional.empty(), Map.of())
              .fetch(url)
              .onComplete(ended -> called.complete(System.nanoTime()));
          UnitVerification.VERTX.runOnContext(next -> after.complete(System.nanoTime()));
        });

    assertTrue(called.join() - after.join() > Duration.ofSeconds(1).toNanos());
  }

  /** Node.js and others do so if the name localhost also has an IPv6 address. */
  @Test
  void anIssuerOnThisMachineMayListenOnIpv6Only() throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("::1", 0), 0);
    issuer.serve(server);
    issuer.publishes(KEY);

    assertFetched(
        "http://localhost:" + server.getAddress().getPort() + "/jwks", Optional.empty(), Map.of());
  }

  @Test
  void keysAreFetchedOverTlsFromATrustedServerOnly() throws Exception {
    String url = "https://localhost:" + tlsPort + "/jwks";
    String anotherName = "https://127.0.0.1:" + tlsPort + "/jwks";

    assertFetched(url, trust, Map.of());
    int before = TLS_ISSUER.requests();
    assertThrows(ExecutionException.class, () -> fetch(url));
    assertThrows(ExecutionException.class, () -> fetch(anotherName, trust, Map.of()));
    assertEquals(before, TLS_ISSUER.requests());
  }

  /** Only the proxy can resolve the issuer's name. */
  @Test
  void keysAreFetchedThroughTheProxyOfTheEnvironment() throws Exception {
    String url = "https://issuer.example:8443/jwks";

    try (ConnectProxy proxy = new ConnectProxy(tlsPort)) {
      String variable = "http://me:p%40ss@localhost:" + proxy.port();
      assertFetched(url, trust, Map.of("HTTPS_PROXY", variable));
      List<String> head = proxy.heads().get(0);
      assertEquals("CONNECT issuer.example:8443 HTTP/1.1", head.get(0));
      String credentials = Base64.getEncoder().encodeToString("me:p@ss".getBytes());
      String authorization = "proxy-authorization: Basic " + credentials;
      assertTrue(head.stream().anyMatch(authorization::equalsIgnoreCase), head.toString());

      Map<String, String> except =
          Map.of("HTTPS_PROXY", variable, "NO_PROXY", "localhost,.example");
      int before = proxy.heads().size();
      assertThrows(ExecutionException.class, () -> fetch(url, trust, except));
      assertEquals(before, proxy.heads().size());
    }
  }

  private static Optional<TlsConfiguration> trust(Buffer certificate) {
    return Optional.of(
        new BaseTlsConfiguration() {
          @Override
          public TrustOptions getTrustStoreOptions() {
            return new PemTrustOptions().addCertValue(certificate);
          }

          @Override
          public SSLOptions getSSLOptions() {
            return new SSLOptions().setTrustOptions(getTrustStoreOptions());
          }

          @Override
          public String getName() {
            return "jwks";
          }
        });
  }

  /** Fetches several times if necessary, since the first fetch in a JVM may be too slow. */
  private static void assertFetched(
      String url, Optional<TlsConfiguration> tls, Map<String, String> environment)
      throws Exception {
    List<String> fetched = List.of();
    for (int tries = 0; fetched.isEmpty() && tries < 5; tries++) {
      try {
        fetched = fetch(url, tls, environment);
      } catch (ExecutionException failed) {
        Thread.sleep(tries * 100);
      }
    }
    assertEquals(List.of("its-kid"), fetched);
  }

  private static List<String> fetch(String url) throws Exception {
    return fetch(url, Optional.empty(), Map.of());
  }

  private static List<String> fetch(
      String url, Optional<TlsConfiguration> tls, Map<String, String> environment)
      throws Exception {
    return UnitVerification.client(tls, environment)
        .fetch(url)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS)
        .keys()
        .stream()
        .map(VerificationKey::id)
        .toList();
  }
}
