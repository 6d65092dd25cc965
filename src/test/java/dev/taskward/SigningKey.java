package dev.taskward;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** An issuer's key pair. It signs tokens without a JWT library (RFC 7515). */
public record SigningKey(String kid, String algorithm, KeyPair pair) {

  /**
   * @param algorithm RS256, PS256, ES256, EdDSA or Ed25519
   */
  public static SigningKey generate(String kid, String algorithm) {
    try {
      KeyPairGenerator generator =
          KeyPairGenerator.getInstance(
              switch (algorithm) {
                case "RS256", "PS256" -> "RSA";
                case "ES256" -> "EC";
                default -> "Ed25519";
              });
      if (algorithm.equals("ES256")) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      } else if (algorithm.endsWith("S256")) {
        generator.initialize(2048);
      }
      return new SigningKey(kid, algorithm, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same key pair with another key ID and algorithm. */
  public SigningKey as(String otherKid, String otherAlgorithm) {
    return new SigningKey(otherKid, otherAlgorithm, pair);
  }

  public String token(Map<String, Object> claims) {
    return token(Map.of(), claims);
  }

  /**
   * @param header parameters added to {@code alg} and {@code kid}, or replacing them
   */
  public String token(Map<String, Object> header, Map<String, Object> claims) {
    Map<String, Object> whole = new TreeMap<>(Map.of("alg", algorithm));
    if (kid != null) {
      whole.put("kid", kid);
    }
    whole.putAll(header);
    String signed = Tokens.encode(whole) + "." + Tokens.encode(claims);
    return signed + "." + Tokens.encode(sign(signed));
  }

  private byte[] sign(String text) {
    try {
      Signature signature =
          Signature.getInstance(
              switch (algorithm) {
                case "RS256" -> "SHA256withRSA";
                case "PS256" -> "RSASSA-PSS";
                case "ES256" -> "SHA256withECDSAinP1363Format";
                default -> "Ed25519";
              });
      if (algorithm.equals("PS256")) {
        signature.setParameter(
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
      }
      signature.initSign(pair.getPrivate());
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public String pem() {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded());
    return "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
  }

  public byte[] encoded() {
    return pair.getPublic().getEncoded();
  }

  /** The public key as a JWK (RFC 7517, 7518, 8037). */
  public JsonObject jwk() {
    JsonObject jwk = new JsonObject().put("kid", kid).put("alg", algorithm).put("use", "sig");
    if (pair.getPublic() instanceof RSAPublicKey rsa) {
      return jwk.put("kty", "RSA")
          .put("n", Tokens.encode(unsigned(rsa.getModulus(), 256)))
          .put("e", Tokens.encode(rsa.getPublicExponent().toByteArray()));
    }
    if (pair.getPublic() instanceof ECPublicKey ec) {
      return jwk.put("kty", "EC")
          .put("crv", "P-256")
          .put("x", Tokens.encode(unsigned(ec.getW().getAffineX(), 32)))
          .put("y", Tokens.encode(unsigned(ec.getW().getAffineY(), 32)));
    }
    // The last 32 bytes of its encoding are the key itself (RFC 8410, 4).
    byte[] encoded = ((EdECPublicKey) pair.getPublic()).getEncoded();
    return jwk.put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", Tokens.encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
  }

  private static byte[] unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] result = new byte[length];
    int from = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, from, result, length - (bytes.length - from), bytes.length - from);
    return result;
  }
}
