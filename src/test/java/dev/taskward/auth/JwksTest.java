package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.taskward.Issuer;
import dev.taskward.ServiceLog;
import dev.taskward.SigningKey;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys come and go behind a URL, and the server behind it is well or ill. */
@QuarkusTest
@TestProfile(JwksTest.Jwks.class)
class JwksTest {

  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration HELD_AT_MOST = Duration.ofSeconds(2);

  private static final SigningKey KNOWN = SigningKey.generate("known", "EdDSA");

  private final Issuer issuer = Issuer.started();
  private final ExecutorService clients = Executors.newFixedThreadPool(64);

  public static class Jwks implements QuarkusTestProfile {
    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(Issuer.class));
    }

    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "taskward.tokens.jwks-refresh-interval", INTERVAL.toSeconds() + "s",
          "taskward.tokens.jwks-max-age", "1h",
          "taskward.tokens.clock-skew", "0s");
    }
  }

  /** Each test begins with this key known, and with a refresh to be had. */
  @BeforeEach
  void theIssuerIsWell() throws InterruptedException {
    issuer.publishes(KNOWN);
    waitForTheInterval();
    int before = issuer.requests();
    assertEquals(200, status(KNOWN));
    if (issuer.requests() > before) {
      waitForTheInterval();
    }
  }

  @AfterEach
  void stop() {
    clients.shutdownNow();
  }

  @Test
  void aNewKeyIsGoodWithoutARestart() throws InterruptedException {
    SigningKey next = SigningKey.generate("next", "ES256");
    assertEquals(401, status(next));
    waitForTheInterval();

    issuer.publishes(KNOWN, next);

    assertEquals(200, status(next));
    assertEquals(200, status(KNOWN));
  }

  /** A JWK may stand alone, and be named as a set's member is. */
  @Test
  void aSingleKeyMayHaveAnyName() {
    SigningKey single = SigningKey.generate("keys", "EdDSA");

    issuer.answers(Issuer.json(single.jwk().encode()));

    assertEquals(200, status(single));
  }

  @Test
  void aKeyThatWasWithdrawnIsBadAlsoForATokenThatWasGoodBefore() {
    SigningKey next = SigningKey.generate("next", "PS256");
    String before = KNOWN.token(Tokens.claims("alice"));
    assertEquals(200, status(before));

    issuer.publishes(next);

    assertEquals(200, status(next));
    assertEquals(401, status(before));
  }

  @Test
  void aTokenThatWasVerifiedIsBadOnceItExpires() throws InterruptedException {
    Map<String, Object> claims = Tokens.claims("alice");
    claims.put("exp", Instant.now().getEpochSecond() + 2);
    String token = KNOWN.token(claims);
    assertEquals(200, status(token));

    Thread.sleep(2_500);

    assertEquals(401, status(token));
  }

  @Test
  void anUnknownKeyCausesOneFetchInTheInterval() {
    FetchCount fetches = new FetchCount();

    List<Integer> answers = together(50, () -> status(SigningKey.generate(random(), "EdDSA")));

    assertEquals(List.of(401), answers.stream().distinct().toList());
    fetches.assertAtMostOneInTheInterval();
  }

  /** Nor does any key behind them let a token through, or does what the token says. */
  @Test
  void aTokenCausesNoCallElsewhere() throws InterruptedException {
    SigningKey attacker = SigningKey.generate("attacker's", "RS256");
    Issuer elsewhere = new Issuer();
    String url = elsewhere.open();
    elsewhere.publishes(attacker);

    for (Map<String, Object> header :
        List.<Map<String, Object>>of(
            Map.of("jku", url),
            Map.of("x5u", url),
            Map.of("jwk", attacker.jwk().getMap()),
            Map.of("kid", url),
            Map.of("kid", "known", "jwk", attacker.jwk().getMap()))) {
      assertEquals(401, status(attacker.token(header, Tokens.claims("alice"))), header.toString());
    }
    assertEquals(0, elsewhere.requests());
    elsewhere.stop();
  }

  static Stream<Arguments> illnesses() {
    SigningKey padded = SigningKey.generate("huge", "EdDSA");
    return Stream.of(
        illness("silent", Issuer.silence()),
        illness("endless", Issuer.trickle()),
        arguments("huge", Issuer.huge(KNOWN, padded), padded),
        illness("gone", Issuer.hangUp()),
        illness("failing", Issuer.status(500)),
        illness("empty", Issuer.status(204)),
        illness("without keys", Issuer.json("{\"keys\": []}")),
        illness("no JWKS", Issuer.json("[]")),
        illness("no JSON", Issuer.json("<html>")),
        illness("deep", Issuer.json("{\"keys\":".repeat(20_000))),
        illness(
            "with a secret",
            Issuer.json(
                "{\"keys\": [{\"kty\": \"oct\", \"kid\": \"x\", \"alg\": \"HS256\", \"k\": \"%s\"}]}"
                    .formatted(Tokens.encode(new byte[32])))),
        illness("redirecting", Issuer.redirect("/jwks")));
  }

  private static Arguments illness(String how, Issuer.Answer ill) {
    return arguments(how, ill, SigningKey.generate(how, "EdDSA"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("illnesses")
  void anIllIssuerLetsNobodyInAndStopsNobodyWhoseKeyIsKnown(
      String how, Issuer.Answer ill, SigningKey attacker) throws Exception {
    issuer.answers(ill);
    FetchCount fetches = new FetchCount();

    List<CompletableFuture<Integer>> unknown =
        IntStream.range(0, 32)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> timed(attacker), clients))
            .toList();
    // Meanwhile nobody else waits: neither the event loops nor the workers are held.
    for (int i = 0; i < 10; i++) {
      long start = System.nanoTime();
      assertEquals(200, status(KNOWN));
      assertEquals(200, RestAssured.get(TestDatabase.management("/q/health/live")).statusCode());
      assertTrue(
          System.nanoTime() - start < Duration.ofSeconds(1).toNanos(), "known keys had to wait");
    }

    for (CompletableFuture<Integer> answer : unknown) {
      assertEquals(401, answer.get());
    }
    fetches.assertAtMostOneInTheInterval();

    issuer.publishes(KNOWN, attacker); // well again, and it is a key of his after all
    waitForTheInterval();
    assertEquals(200, status(attacker));
  }

  @Test
  void theKeyDecidesTheAlgorithm() {
    SigningKey rsa = SigningKey.generate("rsa", "RS256");
    SigningKey pss = SigningKey.generate("pss", "PS256");
    issuer.publishes(KNOWN, rsa, pss);

    assertEquals(200, status(rsa));
    assertEquals(200, status(pss));
    assertEquals(401, status(rsa.as("rsa", "PS256")));
    assertEquals(401, status(pss.as("pss", "RS256")));
    assertEquals(401, status(rsa.as("pss", "PS256")));
  }

  @Test
  void aTokenWithoutKidFindsItsKey() {
    SigningKey other = SigningKey.generate("other", "EdDSA");
    issuer.publishes(KNOWN, other);
    assertEquals(200, status(other)); // fetched

    assertEquals(200, status(KNOWN.as(null, "EdDSA")));
    assertEquals(200, status(other.as(null, "EdDSA")));
    assertEquals(401, status(SigningKey.generate(null, "EdDSA")));
  }

  @Test
  void aKeyForEncryptionSignsNothing() {
    SigningKey encryption = SigningKey.generate("enc", "RS256");
    issuer.answers(
        Issuer.json(
            Issuer.jwks(KNOWN, encryption)
                .replace("\"use\":\"sig\",\"kty\":\"RSA\"", "\"use\":\"enc\",\"kty\":\"RSA\"")));

    assertEquals(401, status(encryption));
    assertEquals(200, status(KNOWN));
  }

  /** A key of another algorithm than its tokens have is one, too: it is hard to find otherwise. */
  @Test
  void aKeyThatVerifiesNothingIsNamedInTheLog() {
    String[] jwks = {
      jwk("rs512")
          .put("kty", "RSA")
          .put("alg", "RS512")
          .put("n", rsa("n"))
          .put("e", "AQAB")
          .encode(),
      jwk("short").put("kty", "RSA").put("n", "x".repeat(171)).put("e", "AQAB").encode(),
      jwk("enc").put("kty", "RSA").put("use", "enc").put("n", rsa("n")).put("e", "AQAB").encode(),
      jwk("wraps")
          .put("kty", "RSA")
          .put("key_ops", new JsonArray().add("wrapKey"))
          .put("n", rsa("n"))
          .put("e", "AQAB")
          .encode(),
      jwk("secret").put("kty", "oct").put("k", "c2VjcmV0").encode(),
      jwk("ml-dsa").put("kty", "AKP").put("alg", "ML-DSA-44").put("pub", "AA").encode(),
      jwk("x\n25519").put("kty", "OKP").put("crv", "X25519").put("x", "A".repeat(43)).encode(),
      "[]",
      KNOWN.jwk().encode(),
    };
    try (ServiceLog log = new ServiceLog()) {
      issuer.answers(Issuer.json("{\"keys\": [" + String.join(",", jwks) + "]}"));
      assertEquals(401, status(SigningKey.generate("other", "EdDSA"))); // has it fetched

      assertEquals(
          List.of(
              "key rs512 (alg is RS512)",
              "key short (neither RSA with 2048 bits or more, nor P-256, nor Ed25519)",
              "key enc (use is not sig)",
              "key wraps (key_ops has no verify)",
              "key secret (symmetric)",
              "key ml-dsa (not a JWK of a known kty and crv)",
              "key x\\u000a25519 (neither RSA with 2048 bits or more, nor P-256, nor Ed25519)",
              "a key without kid (not a JWK of a known kty and crv)"),
          log.lines().stream()
              .map(line -> line.getFormattedMessage())
              .filter(line -> line.startsWith("A JWK can't verify tokens and is ignored: "))
              .map(line -> line.replaceFirst(".*?: ", ""))
              .toList());
    }
    assertEquals(200, status(KNOWN));
  }

  private static JsonObject jwk(String kid) {
    return new JsonObject().put("kid", kid);
  }

  private static String rsa(String member) {
    return SigningKey.generate("rsa", "RS256").jwk().getString(member);
  }

  private final class FetchCount {

    private final int before = issuer.requests();
    private final long start = System.nanoTime();

    void assertAtMostOneInTheInterval() {
      int fetches = issuer.requests() - before;
      long intervals = 1 + (System.nanoTime() - start) / INTERVAL.toNanos();
      assertTrue(fetches >= 1 && fetches <= intervals, fetches + " in " + intervals);
    }
  }

  private int timed(SigningKey key) {
    long start = System.nanoTime();
    int status = status(key);
    Duration held = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(held.compareTo(HELD_AT_MOST) < 0, "held for " + held);
    return status;
  }

  private static int status(SigningKey key) {
    return status(key.token(Tokens.claims("alice")));
  }

  private static int status(String token) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token)
        .get(User.TASKS + "?limit=1")
        .statusCode();
  }

  private List<Integer> together(int times, java.util.function.Supplier<Integer> request) {
    return IntStream.range(0, times)
        .mapToObj(i -> CompletableFuture.supplyAsync(request, clients))
        .toList()
        .stream()
        .map(CompletableFuture::join)
        .toList();
  }

  private static String random() {
    return UUID.randomUUID().toString();
  }

  private static void waitForTheInterval() throws InterruptedException {
    Thread.sleep(INTERVAL.toMillis() + 50);
  }
}
