package dev.taskward;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Creates tokens without a JWT library (RFC 7515), so that a test can also create bad ones. */
public final class Tokens {

  public static final String SECRET = "a secret of the tests, 32 bytes or more";

  /** The claims of a good token of this subject. Change one entry for a bad one. */
  public static Map<String, Object> claims(String subject) {
    long now = Instant.now().getEpochSecond();
    return new TreeMap<>(Map.of("sub", subject, "iat", now, "exp", now + 3600));
  }

  public static String token(String subject) {
    return sign(Map.of("alg", "HS256", "typ", "JWT"), claims(subject), "HmacSHA256", SECRET);
  }

  public static String sign(
      Map<String, Object> header, Map<String, Object> claims, String algorithm, String secret) {
    return sign(encode(header), encode(claims), algorithm, secret);
  }

  public static String sign(String header, String payload, String algorithm, String secret) {
    return sign(header, payload, algorithm, secret.getBytes(StandardCharsets.UTF_8));
  }

  public static String sign(String header, String payload, String algorithm, byte[] secret) {
    String signed = header + "." + payload;
    return signed + "." + encode(mac(algorithm, secret, signed));
  }

  public static String encode(Map<String, Object> json) {
    return encode(new JsonObject(json).encode().getBytes(StandardCharsets.UTF_8));
  }

  public static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] mac(String algorithm, byte[] secret, String text) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(secret, algorithm));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Tokens() {}
}
