package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Issuer;
import dev.taskward.PackagedApplication.Running;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of key against the same attacks, as production has it: the packaged application with
 * that key and no other. Each bad token has one fault; take it away and it is the good one.
 */
class KeyKindIT {

  private static final String ISSUER = "https://issuer.example";
  private static final String AUDIENCE = "taskward";

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

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
  void aPublicKeyInAFile(String algorithm) throws Exception {
    SigningKey key = SigningKey.generate("its-kid", algorithm);
    Path pem = Files.writeString(folder.resolve(algorithm + ".pem"), key.pem());

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", pem.toString()), true);
  }

  @Test
  void aPublicKeyInTheEnvironment() throws Exception {
    SigningKey key = SigningKey.generate(null, "ES256");

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY", key.pem()), true);
  }

  @Test
  void aKeySetInAFile() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "EdDSA");
    Path jwks = Files.writeString(folder.resolve("jwks.json"), Issuer.jwks(key));

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", "file:" + jwks), false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
  void aKeySetBehindAUrl(String algorithm) throws Exception {
    SigningKey key = SigningKey.generate("its-kid", algorithm);
    Issuer issuer = new Issuer();
    String url = issuer.open();
    issuer.publishes(key);

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", url), false);

    issuer.stop();
  }

  /** The keys are read and the database migrated, so the issuer's turn is the last. */
  @Test
  void untilTheIssuerWasReachedNobodyKnowsWhoseTokenIsGood() throws Exception {
    SigningKey key = SigningKey.generate("its-kid", "EdDSA");
    Issuer issuer = new Issuer();
    String url = issuer.open();
    issuer.answers(Issuer.status(503));
    Map<String, String> settings =
        Map.of(
            "MP_JWT_VERIFY_PUBLICKEY_LOCATION", url, "TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL", "1S");

    try (Running service = service(settings)) {
      String token = key.token(claims());
      assertEquals(503, status(service, token));
      assertEquals(401, RestAssured.get(service.url("/api/v1/tasks")).statusCode());
      assertEquals(401, status(service, "no.to.ken"));
      assertEquals(503, RestAssured.get(service.managementUrl("/q/health/ready")).statusCode());
      assertEquals(200, RestAssured.get(service.managementUrl("/q/health/live")).statusCode());

      issuer.publishes(key);
      Thread.sleep(2_500); // asked again by itself
      assertEquals(200, RestAssured.get(service.managementUrl("/q/health/ready")).statusCode());
      assertEquals(200, status(service, token));
    }
    issuer.stop();
  }

  private static void attack(SigningKey key, Map<String, String> setting, boolean anyKid)
      throws Exception {
    Map<String, String> settings = new HashMap<>(setting);
    settings.put("TASKWARD_TOKENS_ISSUER", ISSUER);
    settings.put("TASKWARD_TOKENS_AUDIENCES", AUDIENCE);
    try (Running service = service(settings)) {
      assertEquals(200, status(service, key.token(claims())), "the control");
      assertEquals(200, status(service, key.token(Map.of("typ", "at+jwt"), claims())));
      if (isEd25519(key.algorithm())) { // RFC 9864: two names of one algorithm
        for (String name : List.of("EdDSA", "Ed25519")) {
          assertEquals(200, status(service, key.token(Map.of("alg", name), claims())), name);
        }
      }
      assertEquals(
          anyKid ? 200 : 401, status(service, key.as("unknown", key.algorithm()).token(claims())));

      Map<String, String> bad = badTokens(key);
      assertTrue(bad.size() >= 30);
      Map<String, Integer> accepted = new TreeMap<>();
      bad.forEach(
          (what, token) -> {
            int status = status(service, token);
            if (status != 401) {
              accepted.put(what, status);
            }
          });
      assertEquals(Map.of(), accepted);

      // A little more than a head may hold: refused before it is a token, when all of it is read.
      String huge = key.token(with("padding", "x".repeat(12_400)));
      assertEquals(431, status(service, huge));
      assertEquals(200, status(service, key.token(claims())), "the control, afterwards");
    }
  }

  private static Map<String, String> badTokens(SigningKey key) {
    long now = Instant.now().getEpochSecond();
    String good = key.token(claims());
    String[] parts = good.split("\\.");
    Map<String, String> bad = new LinkedHashMap<>();

    bad.put("another key", SigningKey.generate(key.kid(), key.algorithm()).token(claims()));
    for (String none : List.of("none", "None", "NONE", "nOnE")) {
      String header = Tokens.encode(Map.of("alg", none));
      bad.put("alg " + none, header + "." + parts[1] + ".");
      bad.put("alg " + none + " with a signature", header + "." + parts[1] + "." + parts[2]);
    }
    bad.put("no alg", Tokens.encode(Map.of("typ", "JWT")) + "." + parts[1] + "." + parts[2]);
    for (String other :
        List.of(
            "RS256", "PS256", "ES256", "EdDSA", "Ed25519", "Ed448", "RS512", "ES512", "HS256")) {
      if (!other.equals(key.algorithm()) && !(isEd25519(other) && isEd25519(key.algorithm()))) {
        bad.put("announced as " + other, key.token(Map.of("alg", other), claims()));
      }
    }
    for (String hmac : List.of("HS256", "HS384", "HS512")) {
      String mac = hmac.replace("HS", "HmacSHA");
      Map<String, Object> header = Map.of("alg", hmac);
      bad.put(
          hmac + " with the PEM", sign(header, mac, key.pem().getBytes(StandardCharsets.US_ASCII)));
      bad.put(
          hmac + " with the PEM, stripped",
          sign(header, mac, key.pem().strip().getBytes(StandardCharsets.US_ASCII)));
      bad.put(hmac + " with the encoded key", sign(header, mac, key.encoded()));
      bad.put(
          hmac + " with the JWK",
          sign(header, mac, key.jwk().encode().getBytes(StandardCharsets.US_ASCII)));
    }
    SigningKey attacker = SigningKey.generate(key.kid(), key.algorithm());
    bad.put(
        "jwk of the attacker", attacker.token(Map.of("jwk", attacker.jwk().getMap()), claims()));
    bad.put("jku", attacker.token(Map.of("jku", "http://127.0.0.1:9/jwks"), claims()));
    bad.put("x5u", attacker.token(Map.of("x5u", "http://127.0.0.1:9/cert"), claims()));
    bad.put("a path as kid", attacker.token(Map.of("kid", "../../../../dev/null"), claims()));
    bad.put("SQL as kid", attacker.token(Map.of("kid", "' or 1=1 --"), claims()));
    bad.put("kid no text", attacker.token(Map.of("kid", 1), claims()));
    bad.put("another issuer", key.token(with("iss", "https://issuer.example.org")));
    bad.put("no issuer", key.token(without("iss")));
    bad.put("issuer with a slash", key.token(with("iss", ISSUER + "/")));
    bad.put("another audience", key.token(with("aud", "mail")));
    bad.put("no audience", key.token(without("aud")));
    bad.put("expired", key.token(with("exp", now - 60)));
    bad.put("no exp", key.token(without("exp")));
    bad.put("not valid yet", key.token(with("nbf", now + 60)));
    bad.put("issued in the future", key.token(with("iat", now + 60)));
    bad.put("too long a life", key.token(with("exp", now + 24 * 60 * 60 + 60)));
    bad.put("no sub", key.token(without("sub")));
    bad.put("a critical extension", key.token(Map.of("crit", List.of("x"), "x", 1), claims()));
    bad.put("crit b64", key.token(Map.of("crit", List.of("b64"), "b64", true), claims()));
    bad.put("an ID token", key.token(with("typ", "ID")));
    bad.put("an ID token by its hash", key.token(with("at_hash", "x")));
    bad.put("a logout token", key.token(Map.of("typ", "logout+jwt"), claims()));
    bad.put("encrypted", Tokens.encode(Map.of("alg", "RSA-OAEP", "enc", "A256GCM")) + ".a.b.c.d");
    bad.put(
        "encrypted to nobody", Tokens.encode(Map.of("alg", "dir", "enc", "A256GCM")) + "..b.c.d");
    bad.put("other claims", parts[0] + "." + Tokens.encode(with("sub", "bob")) + "." + parts[2]);
    bad.put("no signature", parts[0] + "." + parts[1] + ".");
    bad.put("a signature of zeros", parts[0] + "." + parts[1] + "." + Tokens.encode(new byte[64]));
    bad.put("a signature of nothing", parts[0] + "." + parts[1] + ".AA");
    return bad;
  }

  private static boolean isEd25519(String algorithm) {
    return algorithm.equals("EdDSA") || algorithm.equals("Ed25519");
  }

  private static String sign(Map<String, Object> header, String mac, byte[] secret) {
    return Tokens.sign(Tokens.encode(header), Tokens.encode(claims()), mac, secret);
  }

  private static Map<String, Object> claims() {
    Map<String, Object> claims = Tokens.claims("alice");
    claims.putAll(Map.of("iss", ISSUER, "aud", AUDIENCE));
    return claims;
  }

  private static Map<String, Object> with(String claim, Object value) {
    Map<String, Object> claims = claims();
    claims.put(claim, value);
    return claims;
  }

  private static Map<String, Object> without(String claim) {
    Map<String, Object> claims = claims();
    claims.remove(claim);
    return claims;
  }

  private static Running service(Map<String, String> settings) throws IOException {
    Map<String, String> environment = new HashMap<>(settings);
    environment.put(
        "DATABASE_URL",
        "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres?sslmode=disable");
    return new Running(environment);
  }

  private static int status(Running service, String token) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token)
        .get(service.url("/api/v1/tasks?limit=1"))
        .statusCode();
  }
}
