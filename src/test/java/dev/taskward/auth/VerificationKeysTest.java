package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** What is wrong with a key that an operator configured. */
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

  private static String refusal(String text) {
    return assertThrows(IllegalArgumentException.class, () -> VerificationKeys.parse(text))
        .getMessage();
  }
}
