package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Issuer;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
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
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of key against the same attacks. Each bad token has exactly one fault. {@link
 * KeyKindIT} runs the same attacks over HTTP.
 */
class KeyKindTest {

  static final String ISSUER = "https://issuer.example";
  static final String AUDIENCE = "taskward";

  /** By algorithm. All tests share them, since RSA keys take long to generate. */
  static final Map<String, SigningKey> OWN = keys("its-kid");

  private static final Map<String, SigningKey> ATTACKER = keys("attacker's");

  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
  void aPublicKeyInAFileVerifiesOnlyGoodTokens(String algorithm) throws Exception {
    SigningKey key = OWN.get(algorithm);

    attack(key, location(algorithm + ".pem", key.pem()), true);
  }

  @Test
  void aPublicKeyInTheEnvironmentVerifiesOnlyGoodTokens() throws Exception {
    SigningKey key = SigningKey.generate(null, "ES256");

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY", key.pem()), true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
  void aKeySetInAFileVerifiesOnlyGoodTokens(String algorithm) throws Exception {
    SigningKey key = OWN.get(algorithm);

    attack(key, location(algorithm + ".json", Issuer.jwks(key)), false);
  }

  @Test
  void aKeySetAtAUrlVerifiesOnlyGoodTokens() throws Exception {
    SigningKey key = OWN.get("EdDSA");
    Issuer issuer = new Issuer();
    issuer.publishes(key);

    attack(key, Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", issuer.open()), false);

    issuer.stop();
  }

  /** A token causes no request to another server, and no key from there verifies it. */
  @Test
  void aTokenCausesNoRequestToAnotherServer() throws Exception {
    SigningKey known = SigningKey.generate("known", "EdDSA");
    SigningKey attacker = ATTACKER.get("RS256");
    Issuer issuer = new Issuer();
    issuer.publishes(known);
    Issuer elsewhere = new Issuer();
    String url = elsewhere.open();
    elsewhere.publishes(attacker);

    try (UnitVerification unit = UnitVerification.ofLocation(issuer.open())) {
      for (Map<String, Object> header :
          List.<Map<String, Object>>of(
              Map.of("jku", url),
              Map.of("x5u", url),
              Map.of("jwk", attacker.jwk().getMap()),
              Map.of("kid", url),
              Map.of("kid", "known", "jwk", attacker.jwk().getMap()))) {
        String token = attacker.token(header, Tokens.claims("alice"));
        assertFalse(UnitVerification.accepts(unit.verification(), token), header.toString());
      }
    }
    assertEquals(0, elsewhere.requests());
    issuer.stop();
    elsewhere.stop();
  }

  @Test
  void theKeyDecidesTheAlgorithm() throws Exception {
    SigningKey rsa = OWN.get("RS256").as("rsa", "RS256");
    SigningKey pss = ATTACKER.get("PS256").as("pss", "PS256");
    Predicate<SigningKey> isGood = good(Issuer.jwks(rsa, pss));

    assertTrue(isGood.test(rsa));
    assertTrue(isGood.test(pss));
    assertFalse(isGood.test(rsa.as("rsa", "PS256")));
    assertFalse(isGood.test(pss.as("pss", "RS256")));
    assertFalse(isGood.test(rsa.as("pss", "PS256")));
  }

  @Test
  void anRsaKeyWithoutAlgorithmVerifiesTwo() throws Exception {
    SigningKey rsa = OWN.get("RS256").as("rsa", "RS256");
    Predicate<SigningKey> isGood = good(Issuer.jwks(rsa).replace("\"alg\":\"RS256\",", ""));

    assertTrue(isGood.test(rsa));
    assertTrue(isGood.test(rsa.as("rsa", "PS256")));
  }

  @Test
  void aTokenWithoutKidFindsItsKey() throws Exception {
    SigningKey one = SigningKey.generate("one", "EdDSA");
    SigningKey other = SigningKey.generate("other", "EdDSA");
    Predicate<SigningKey> isGood = good(Issuer.jwks(one, other));

    assertTrue(isGood.test(one.as(null, "EdDSA")));
    assertTrue(isGood.test(other.as(null, "EdDSA")));
    assertFalse(isGood.test(SigningKey.generate(null, "EdDSA")));
  }

  @Test
  void aKeyWithoutKidIsTriedForEveryToken() throws Exception {
    SigningKey key = SigningKey.generate("one", "EdDSA");
    SigningKey other = SigningKey.generate("other", "EdDSA");
    Predicate<SigningKey> isGood = good(Issuer.jwks(key, other).replace("\"kid\":\"one\",", ""));

    assertTrue(isGood.test(key));
    assertTrue(isGood.test(other));
    assertTrue(isGood.test(key.as("another", "EdDSA")));
    assertTrue(isGood.test(key.as("other", "EdDSA")));
  }

  @Test
  void aKeyForEncryptionVerifiesNothing() throws Exception {
    SigningKey encryption = OWN.get("RS256").as("enc", "RS256");
    SigningKey signature = SigningKey.generate("sig", "EdDSA");
    Predicate<SigningKey> isGood =
        good(
            Issuer.jwks(signature, encryption)
                .replace("\"use\":\"sig\",\"kty\":\"RSA\"", "\"use\":\"enc\",\"kty\":\"RSA\""));

    assertFalse(isGood.test(encryption));
    assertTrue(isGood.test(signature));
  }

  /** The JWK is not in a set, and its key ID is the name of a set's member. */
  @Test
  void aSingleKeyMayHaveAnyKeyId() throws Exception {
    SigningKey single = SigningKey.generate("keys", "EdDSA");

    assertTrue(good(single.jwk().encode()).test(single));
  }

  /** Whether the keys of this JWKS verify a token by the given key. */
  private static Predicate<SigningKey> good(String jwks) throws Exception {
    try (UnitVerification unit = new UnitVerification(location("some.json", jwks))) {
      TokenVerification verification = unit.verification();
      return key -> UnitVerification.accepts(verification, key.token(Tokens.claims("alice")));
    }
  }

  private static void attack(SigningKey key, Map<String, String> setting, boolean anyKid)
      throws Exception {
    Map<String, String> settings = new HashMap<>(setting);
    settings.put("TASKWARD_TOKENS_ISSUER", ISSUER);
    settings.put("TASKWARD_TOKENS_AUDIENCES", AUDIENCE);
    try (UnitVerification unit = new UnitVerification(settings)) {
      unit.refresh();
      TokenVerification verification = unit.verification();
      attack(key, anyKid, token -> UnitVerification.accepts(verification, token));
    }
  }

  /** Fails unless every good token is accepted and every bad one is refused. */
  static void attack(SigningKey key, boolean anyKid, Predicate<String> isAccepted) {
    assertTrue(isAccepted.test(key.token(claims())), "the good token");
    assertTrue(isAccepted.test(key.token(Map.of("typ", "at+jwt"), claims())));
    if (isEd25519(key.algorithm())) { // RFC 9864: two names of one algorithm
      for (String name : List.of("EdDSA", "Ed25519")) {
        assertTrue(isAccepted.test(key.token(Map.of("alg", name), claims())), name);
      }
    }
    assertEquals(anyKid, isAccepted.test(key.as("unknown", key.algorithm()).token(claims())));

    Map<String, String> bad = badTokens(key);
    assertTrue(bad.size() >= 30);
    Map<String, String> accepted = new TreeMap<>(bad);
    accepted.values().removeIf(isAccepted.negate());
    assertEquals(Map.of(), accepted);
    assertTrue(isAccepted.test(key.token(claims())), "the good token, afterwards");
  }

  private static Map<String, String> badTokens(SigningKey key) {
    long now = Instant.now().getEpochSecond();
    String good = key.token(claims());
    String[] parts = good.split("\\.");
    Map<String, String> bad = new LinkedHashMap<>();

    SigningKey attacker = ATTACKER.get(key.algorithm()).as(key.kid(), key.algorithm());
    bad.put("another key", attacker.token(claims()));
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
    bad.put(
        "jwk of the attacker", attacker.token(Map.of("jwk", attacker.jwk().getMap()), claims()));
    bad.put("jku", attacker.token(Map.of("jku", "http://127.0.0.1:9/jwks"), claims()));
    bad.put("x5u", attacker.token(Map.of("x5u", "http://127.0.0.1:9/cert"), claims()));
    bad.put("a path as kid", attacker.token(Map.of("kid", "../../../../dev/null"), claims()));
    bad.put("SQL as kid", attacker.token(Map.of("kid", "' or 1=1 --"), claims()));
    bad.put("a kid that is not a string", attacker.token(Map.of("kid", 1), claims()));
    bad.put("another issuer", key.token(with("iss", "https://issuer.example.org")));
    bad.put("no issuer", key.token(without("iss")));
    bad.put("issuer with a slash", key.token(with("iss", ISSUER + "/")));
    bad.put("another audience", key.token(with("aud", "mail")));
    bad.put("no audience", key.token(without("aud")));
    bad.put("expired", key.token(with("exp", now - 60)));
    bad.put("no exp", key.token(without("exp")));
    bad.put("not valid yet", key.token(with("nbf", now + 60)));
    bad.put("issued in the future", key.token(with("iat", now + 60)));
    bad.put("a lifetime over 24 hours", key.token(with("exp", now + 24 * 60 * 60 + 60)));
    bad.put("no sub", key.token(without("sub")));
    bad.put("a critical extension", key.token(Map.of("crit", List.of("x"), "x", 1), claims()));
    bad.put("crit b64", key.token(Map.of("crit", List.of("b64"), "b64", true), claims()));
    bad.put("an ID token", key.token(with("typ", "ID")));
    bad.put("an ID token by its hash", key.token(with("at_hash", "x")));
    bad.put("a logout token", key.token(Map.of("typ", "logout+jwt"), claims()));
    bad.put("encrypted", Tokens.encode(Map.of("alg", "RSA-OAEP", "enc", "A256GCM")) + ".a.b.c.d");
    bad.put(
        "encrypted without a recipient",
        Tokens.encode(Map.of("alg", "dir", "enc", "A256GCM")) + "..b.c.d");
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

  static Map<String, Object> claims() {
    Map<String, Object> claims = Tokens.claims("alice");
    claims.putAll(Map.of("iss", ISSUER, "aud", AUDIENCE));
    return claims;
  }

  static Map<String, Object> with(String claim, Object value) {
    Map<String, Object> claims = claims();
    claims.put(claim, value);
    return claims;
  }

  private static Map<String, Object> without(String claim) {
    Map<String, Object> claims = claims();
    claims.remove(claim);
    return claims;
  }

  private static Map<String, SigningKey> keys(String kid) {
    SigningKey rsa = SigningKey.generate(kid, "RS256");
    return Map.of(
        "RS256",
        rsa,
        "PS256",
        rsa.as(kid, "PS256"),
        "ES256",
        SigningKey.generate(kid, "ES256"),
        "EdDSA",
        SigningKey.generate(kid, "EdDSA"),
        "Ed25519",
        SigningKey.generate(kid, "Ed25519"));
  }

  private static Map<String, String> location(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", file.toString());
  }
}
