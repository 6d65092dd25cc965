package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.SigningKey;
import dev.taskward.auth.VerificationKeys.VerificationKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which keys a text has, and why others are ignored. */
class VerificationKeysTest {

  private static final String NO_KEY =
      "no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA (Ed25519)";

  @Test
  void aTextWithoutAKeyIsRefused() {
    assertEquals(NO_KEY, refusal("hello"));
    assertEquals(NO_KEY, refusal(""));
    assertEquals(NO_KEY, refusal("{\"keys\": []}"));
    assertEquals("neither a JWK nor a JWKS", refusal("{\"keys\": "));
    assertEquals("neither a JWK nor a JWKS", refusal("{\"keys\": 1}"));
  }

  @Test
  void anRsaKeyOf1024BitsIsRefused() throws Exception {
    KeyPairGenerator small = KeyPairGenerator.getInstance("RSA");
    small.initialize(1024);
    byte[] key = small.generateKeyPair().getPublic().getEncoded();
    assertEquals(
        NO_KEY,
        refusal(
            "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getEncoder().encodeToString(key)
                + "\n-----END PUBLIC KEY-----\n"));
  }

  @Test
  void aSymmetricJwkIsRefused() {
    assertEquals(
        NO_KEY + "; ignored: a key without kid (symmetric)",
        refusal("{\"kty\": \"oct\", \"k\": \"" + "A".repeat(43) + "\"}"));
  }

  /** A key for another algorithm than that of its tokens would be hard to find otherwise. */
  @Test
  void anUnusableJwkIsIgnoredWithTheReason() {
    SigningKey good = SigningKey.generate("good", "EdDSA");
    String n = SigningKey.generate("rsa", "RS256").jwk().getString("n");
    JsonObject rsa = new JsonObject().put("kty", "RSA").put("n", n).put("e", "AQAB");
    Object[] jwks = {
      rsa.copy().put("kid", "rs512").put("alg", "RS512"),
      rsa.copy().put("kid", "short").put("n", "x".repeat(171)),
      rsa.copy().put("kid", "enc").put("use", "enc"),
      rsa.copy().put("kid", "wraps").put("key_ops", new JsonArray().add("wrapKey")),
      JsonObject.of("kid", "secret", "kty", "oct", "k", "c2VjcmV0"),
      JsonObject.of("kid", "ml-dsa", "kty", "AKP", "alg", "ML-DSA-44", "pub", "AA"),
      JsonObject.of("kid", "x\n25519", "kty", "OKP", "crv", "X25519", "x", "A".repeat(43)),
      new JsonArray(),
      good.jwk(),
    };

    VerificationKeys keys =
        VerificationKeys.parse(JsonObject.of("keys", new JsonArray(List.of(jwks))).encode());

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
        keys.ignored());
    assertEquals(List.of("good"), keys.keys().stream().map(VerificationKey::id).toList());
  }

  private static String refusal(String text) {
    return assertThrows(IllegalArgumentException.class, () -> VerificationKeys.parse(text))
        .getMessage();
  }
}
