package dev.taskward.auth;

import dev.taskward.common.LogLine;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.util.KeyUtils;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwa.AlgorithmFactoryFactory;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.EdDsaAlgorithm;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * Keys that signatures are verified with. Which algorithms a key may be used with is said here, by
 * the key; what a token says only chooses among them.
 *
 * @param ignored for the log: the other keys of a JWKS, each with the reason
 */
record VerificationKeys(List<VerificationKey> keys, List<String> ignored) {

  /** RFC 7518, 3.3 and 3.5. */
  private static final int RSA_MIN_BITS = 2048;

  static final VerificationKeys NONE = new VerificationKeys(List.of(), List.of());

  /** RFC 9864 has this name for EdDSA (RFC 8037) with its one curve that is used here. */
  private static final String ED25519 = "Ed25519";

  private static final Set<String> EDDSA = Set.of(AlgorithmIdentifiers.EDDSA, ED25519);

  /** All that any key may be used with. */
  static final AlgorithmConstraints ALGORITHMS =
      new AlgorithmConstraints(
          ConstraintType.PERMIT,
          AlgorithmIdentifiers.HMAC_SHA256,
          AlgorithmIdentifiers.RSA_USING_SHA256,
          AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
          AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
          AlgorithmIdentifiers.EDDSA,
          ED25519);

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

  /**
   * Has the library verify tokens whose {@code alg} is Ed25519, which it does not know by itself.
   */
  static void registerEd25519() {
    EdDsaAlgorithm algorithm = new EdDsaAlgorithm();
    algorithm.setAlgorithmIdentifier(ED25519);
    AlgorithmFactoryFactory.getInstance().getJwsAlgorithmFactory().registerAlgorithm(algorithm);
  }

  static VerificationKeys ofSecret(String secret) {
    Key key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    return new VerificationKeys(
        List.of(new VerificationKey(null, key, Set.of(AlgorithmIdentifiers.HMAC_SHA256))),
        List.of());
  }

  /**
   * @param text a public key or a certificate as PEM, a JWK or a JWKS (RFC 7517)
   * @throws IllegalArgumentException if it has no key that signatures can be verified with
   */
  static VerificationKeys parse(String text) {
    VerificationKeys keys =
        text.strip().startsWith("{")
            ? jwks(text)
            : new VerificationKeys(pem(text).toList(), List.of());
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(
          "no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA"
              + " (Ed25519)"
              + (keys.ignored().isEmpty()
                  ? ""
                  : "; ignored: " + String.join(", ", keys.ignored())));
    }
    return keys;
  }

  private static VerificationKeys jwks(String json) {
    List<VerificationKey> keys = new ArrayList<>();
    List<String> ignored = new ArrayList<>();
    for (Object jwk : jwkList(json)) {
      try {
        keys.add(key(jwk));
      } catch (JoseException e) {
        Object id = jwk instanceof Map<?, ?> members ? members.get("kid") : null;
        ignored.add(
            (id == null ? "a key without kid" : "key " + LogLine.printable(id.toString()))
                + " ("
                + e.getMessage()
                + ")");
      }
    }
    return new VerificationKeys(List.copyOf(keys), List.copyOf(ignored));
  }

  private static List<?> jwkList(String json) {
    try {
      Map<String, Object> parsed = JsonUtil.parseJson(json);
      if (parsed.get(JsonWebKeySet.JWK_SET_MEMBER_NAME) instanceof List<?> list) {
        return list;
      }
      if (parsed.containsKey(JsonWebKey.KEY_TYPE_PARAMETER)) {
        return List.of(parsed);
      }
    } catch (JoseException noJson) {
      // as wrong as other JSON
    }
    throw new IllegalArgumentException("neither a JWK nor a JWKS");
  }

  /**
   * @throws JoseException that says in our words why it can't verify signatures
   */
  private static VerificationKey key(Object json) throws JoseException {
    JsonWebKey jwk = jwk(json);
    if (!(jwk instanceof PublicJsonWebKey pair)) {
      throw new JoseException("symmetric"); // it has no place where everybody may read it
    }
    if (jwk.getUse() != null && !jwk.getUse().equals(Use.SIGNATURE)) {
      throw new JoseException("use is not sig");
    }
    if (jwk.getKeyOps() != null && !jwk.getKeyOps().contains("verify")) {
      throw new JoseException("key_ops has no verify");
    }
    Set<String> algorithms = algorithms(pair.getPublicKey());
    if (algorithms.isEmpty()) {
      throw new JoseException("neither RSA with 2048 bits or more, nor P-256, nor Ed25519");
    }
    String algorithm = jwk.getAlgorithm();
    if (algorithm != null && !algorithms.contains(algorithm)) {
      throw new JoseException("alg is " + LogLine.printable(algorithm));
    }
    boolean isOne = algorithm == null || algorithms.equals(EDDSA); // both names are one algorithm
    return new VerificationKey(
        jwk.getKeyId(), pair.getPublicKey(), isOne ? algorithms : Set.of(algorithm));
  }

  @SuppressWarnings("unchecked")
  private static JsonWebKey jwk(Object json) throws JoseException {
    try {
      return JsonWebKey.Factory.newJwk((Map<String, Object>) json);
    } catch (JoseException | RuntimeException e) {
      throw new JoseException("not a JWK of a known kty and crv");
    }
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
      return EDDSA;
    }
    return Set.of();
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** For the log. */
  List<String> ids() {
    return keys.stream()
        .map(key -> LogLine.printable(String.valueOf(key.id())) + " " + key.algorithms())
        .toList();
  }

  VerificationKeys and(VerificationKeys others) {
    return new VerificationKeys(
        Stream.concat(keys.stream(), others.keys.stream()).toList(),
        Stream.concat(ignored.stream(), others.ignored.stream()).toList());
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
