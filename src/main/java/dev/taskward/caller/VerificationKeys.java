package dev.taskward.caller;

import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.util.KeyUtils;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * Keys that signatures are verified with. Which algorithms a key may be used with is said here, by
 * the key; what a token says only chooses among them.
 */
record VerificationKeys(List<VerificationKey> keys) {

  /** RFC 7518, 3.3 and 3.5. */
  private static final int RSA_MIN_BITS = 2048;

  static final VerificationKeys NONE = new VerificationKeys(List.of());

  /** All that any key may be used with. */
  static final AlgorithmConstraints ALGORITHMS =
      new AlgorithmConstraints(
          ConstraintType.PERMIT,
          AlgorithmIdentifiers.HMAC_SHA256,
          AlgorithmIdentifiers.RSA_USING_SHA256,
          AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
          AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
          AlgorithmIdentifiers.EDDSA);

  /**
   * @param id the {@code kid} of a JWK; null fits a token with any
   */
  record VerificationKey(String id, Key key, Set<String> algorithms) {

    private boolean fits(JsonWebSignature token) {
      return algorithms.contains(token.getAlgorithmHeaderValue())
          && (id == null
              || token.getKeyIdHeaderValue() == null
              || id.equals(token.getKeyIdHeaderValue()));
    }
  }

  /** We have no key by the name that this token gives; the issuer may have a new one. */
  static final class UnknownKeyException extends UnresolvableKeyException {
    UnknownKeyException() {
      super("unknown kid");
    }
  }

  static VerificationKeys ofSecret(String secret) {
    Key key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    return new VerificationKeys(
        List.of(new VerificationKey(null, key, Set.of(AlgorithmIdentifiers.HMAC_SHA256))));
  }

  /**
   * @param text a public key or a certificate as PEM, a JWK or a JWKS (RFC 7517)
   * @throws IllegalArgumentException if it has no key that signatures can be verified with
   */
  static VerificationKeys parse(String text) {
    List<VerificationKey> keys = (text.strip().startsWith("{") ? jwks(text) : pem(text)).toList();
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(
          "no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA"
              + " (Ed25519)");
    }
    return new VerificationKeys(keys);
  }

  private static Stream<VerificationKey> jwks(String json) {
    try {
      JsonWebKeySet set =
          JsonUtil.parseJson(json).containsKey(JsonWebKeySet.JWK_SET_MEMBER_NAME)
              ? new JsonWebKeySet(json)
              : new JsonWebKeySet(JsonWebKey.Factory.newJwk(json));
      return set.getJsonWebKeys().stream()
          .filter(VerificationKeys::isForVerification)
          .map(jwk -> key(jwk.getKeyId(), jwk.getAlgorithm(), (PublicJsonWebKey) jwk))
          .flatMap(Optional::stream);
    } catch (JoseException e) {
      throw new IllegalArgumentException("neither a JWK nor a JWKS", e);
    }
  }

  /** Symmetric keys have no place where everybody may read them. */
  private static boolean isForVerification(JsonWebKey jwk) {
    return jwk instanceof PublicJsonWebKey
        && (jwk.getUse() == null || jwk.getUse().equals(Use.SIGNATURE))
        && (jwk.getKeyOps() == null || jwk.getKeyOps().contains("verify"));
  }

  private static Optional<VerificationKey> key(String id, String algorithm, PublicJsonWebKey jwk) {
    Set<String> algorithms = algorithms(jwk.getPublicKey());
    if (algorithm != null) {
      algorithms = algorithms.contains(algorithm) ? Set.of(algorithm) : Set.of();
    }
    return algorithms.isEmpty()
        ? Optional.empty()
        : Optional.of(new VerificationKey(id, jwk.getPublicKey(), algorithms));
  }

  private static Stream<VerificationKey> pem(String text) {
    return Stream.of(SignatureAlgorithm.RS256, SignatureAlgorithm.ES256, SignatureAlgorithm.EDDSA)
        .map(algorithm -> decode(text, algorithm))
        .filter(Objects::nonNull)
        .filter(key -> !algorithms(key).isEmpty())
        .map(key -> new VerificationKey(null, key, algorithms(key)))
        .limit(1);
  }

  private static PublicKey decode(String text, SignatureAlgorithm algorithm) {
    try {
      return text.contains("BEGIN CERTIFICATE")
          ? KeyUtils.decodeCertificate(text)
          : KeyUtils.decodePublicKey(text, algorithm);
    } catch (GeneralSecurityException | IllegalArgumentException anotherKindOfKey) {
      return null;
    }
  }

  private static Set<String> algorithms(PublicKey key) {
    if (key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= RSA_MIN_BITS) {
      return Set.of(
          AlgorithmIdentifiers.RSA_USING_SHA256, AlgorithmIdentifiers.RSA_PSS_USING_SHA256);
    }
    if (key instanceof ECPublicKey ec
        && EllipticCurves.P256.getCurve().equals(ec.getParams().getCurve())) {
      return Set.of(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
    }
    if (key instanceof EdECPublicKey ed && ed.getParams().getName().equals("Ed25519")) {
      return Set.of(AlgorithmIdentifiers.EDDSA);
    }
    return Set.of();
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** For the log. */
  List<String> ids() {
    return keys.stream().map(key -> key.id() + " " + key.algorithms()).toList();
  }

  VerificationKeys and(VerificationKeys others) {
    return new VerificationKeys(Stream.concat(keys.stream(), others.keys.stream()).toList());
  }

  /** The key for this token, for the library that verifies it. */
  Key resolve(JsonWebSignature token) throws UnresolvableKeyException {
    List<VerificationKey> fitting = keys.stream().filter(key -> key.fits(token)).toList();
    if (fitting.isEmpty()) {
      throw keys.isEmpty() || token.getKeyIdHeaderValue() != null
          ? new UnknownKeyException()
          : new UnresolvableKeyException("no key for this algorithm");
    }
    // A token that names no key, of an issuer who has several: the one that made the signature.
    for (VerificationKey candidate : fitting.subList(0, fitting.size() - 1)) {
      if (verifies(candidate.key(), token)) {
        return candidate.key();
      }
    }
    return fitting.get(fitting.size() - 1).key();
  }

  private static boolean verifies(Key key, JsonWebSignature token) {
    try {
      token.setKey(key);
      return token.verifySignature();
    } catch (JoseException notByThisKey) {
      return false;
    }
  }
}
