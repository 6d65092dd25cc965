package dev.taskward.auth;

import static org.jose4j.jws.AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.HMAC_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_PSS_USING_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_USING_SHA256;

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
import java.util.Set;
import java.util.stream.Stream;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmFactoryFactory;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.KeyOperations;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.EdDsaAlgorithm;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * The keys that verify signatures. The key decides the algorithms; a token only chooses among them.
 * jose4j's {@code JwksVerificationKeyResolver} checks {@code alg} only if several keys fit. It does
 * not find a key without {@code kid} for a token with one. Its {@code JsonWebKeySet} gives no
 * reason for the keys that it omits.
 *
 * @param ignored the other keys of a JWKS with the reason, for the log
 */
record VerificationKeys(List<VerificationKey> keys, List<String> ignored) {

  /** RFC 7518, 3.3 and 3.5. */
  private static final int RSA_MIN_BITS = 2048;

  private static final Set<String> HMAC = Set.of(HMAC_SHA256);
  private static final Set<String> RSA = Set.of(RSA_USING_SHA256, RSA_PSS_USING_SHA256);
  private static final Set<String> P256 = Set.of(ECDSA_USING_P256_CURVE_AND_SHA256);

  /** The name in RFC 9864 for EdDSA (RFC 8037) with this curve, the only one allowed here. */
  private static final String ED25519 = "Ed25519";

  private static final Set<String> EDDSA = Set.of(AlgorithmIdentifiers.EDDSA, ED25519);

  /** Of all kinds of keys. */
  static final String[] ALGORITHMS =
      Stream.of(HMAC, RSA, P256, EDDSA).flatMap(Set::stream).toArray(String[]::new);

  static final VerificationKeys NONE = new VerificationKeys(List.of(), List.of());

  /**
   * @param id the {@code kid} of a JWK; null fits every token
   */
  record VerificationKey(String id, Key key, Set<String> algorithms) {

    private boolean fits(JsonWebSignature token) {
      String kid = token.getKeyIdHeaderValue();
      return algorithms.contains(token.getAlgorithmHeaderValue())
          && (id == null || kid == null || id.equals(kid));
    }
  }

  /** There is no key with the token's {@code kid}; the issuer may have a new one. */
  static final class UnknownKeyException extends UnresolvableKeyException {
    UnknownKeyException() {
      super("unknown kid");
    }
  }

  /** Registers {@code Ed25519} with jose4j, which knows the algorithm as {@code EdDSA} only. */
  static void registerEd25519() {
    EdDsaAlgorithm algorithm = new EdDsaAlgorithm();
    algorithm.setAlgorithmIdentifier(ED25519);
    AlgorithmFactoryFactory.getInstance().getJwsAlgorithmFactory().registerAlgorithm(algorithm);
  }

  static VerificationKeys ofSecret(String secret) {
    Key key = new HmacKey(secret.getBytes(StandardCharsets.UTF_8));
    return new VerificationKeys(List.of(new VerificationKey(null, key, HMAC)), List.of());
  }

  /**
   * @param text a public key or a certificate as PEM, a JWK or a JWKS (RFC 7517)
   * @throws IllegalArgumentException if it has no key that can verify signatures
   */
  static VerificationKeys parse(String text) {
    VerificationKeys keys = text.strip().startsWith("{") ? jwks(text) : pem(text);
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
    for (Object jwk : members(json)) {
      try {
        keys.add(key(jwk));
      } catch (JoseException e) {
        Object id = jwk instanceof Map<?, ?> parameters ? parameters.get("kid") : null;
        String name = id == null ? "a key without kid" : "key " + LogLine.printable(id.toString());
        ignored.add(name + " (" + e.getMessage() + ")");
      }
    }
    return new VerificationKeys(List.copyOf(keys), List.copyOf(ignored));
  }

  private static List<?> members(String json) {
    try {
      Map<String, Object> parsed = JsonUtil.parseJson(json);
      if (parsed.get(JsonWebKeySet.JWK_SET_MEMBER_NAME) instanceof List<?> list) {
        return list;
      }
      if (parsed.containsKey(JsonWebKey.KEY_TYPE_PARAMETER)) {
        return List.of(parsed);
      }
    } catch (JoseException noJson) {
      // refused below
    }
    throw new IllegalArgumentException("neither a JWK nor a JWKS");
  }

  /**
   * @throws JoseException with the reason why the JWK can't verify signatures
   */
  private static VerificationKey key(Object json) throws JoseException {
    JsonWebKey jwk = jwk(json);
    if (!(jwk instanceof PublicJsonWebKey pair)) {
      throw new JoseException("symmetric"); // a published secret is no secret
    }
    if (jwk.getUse() != null && !jwk.getUse().equals(Use.SIGNATURE)) {
      throw new JoseException("use is not sig");
    }
    if (jwk.getKeyOps() != null && !jwk.getKeyOps().contains(KeyOperations.VERIFY)) {
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
    boolean all = algorithm == null || algorithms.equals(EDDSA); // two names of one algorithm
    return new VerificationKey(
        jwk.getKeyId(), pair.getPublicKey(), all ? algorithms : Set.of(algorithm));
  }

  @SuppressWarnings("unchecked")
  private static JsonWebKey jwk(Object json) throws JoseException {
    try {
      return JsonWebKey.Factory.newJwk((Map<String, Object>) json);
    } catch (JoseException | RuntimeException e) {
      throw new JoseException("not a JWK of a known kty and crv");
    }
  }

  private static VerificationKeys pem(String text) {
    return Stream.of(SignatureAlgorithm.RS256, SignatureAlgorithm.ES256, SignatureAlgorithm.EDDSA)
        .map(algorithm -> decode(text, algorithm))
        .filter(key -> !algorithms(key).isEmpty())
        .findFirst()
        .map(key -> new VerificationKey(null, key, algorithms(key)))
        .map(key -> new VerificationKeys(List.of(key), List.of()))
        .orElse(NONE);
  }

  /** Null if the text is no key of this kind. */
  private static PublicKey decode(String text, SignatureAlgorithm algorithm) {
    try {
      return text.contains("BEGIN CERTIFICATE")
          ? KeyUtils.decodeCertificate(text)
          : KeyUtils.decodePublicKey(text, algorithm);
    } catch (GeneralSecurityException | IllegalArgumentException anotherKind) {
      return null;
    }
  }

  private static Set<String> algorithms(PublicKey key) {
    if (key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= RSA_MIN_BITS) {
      return RSA;
    }
    if (key instanceof ECPublicKey ec
        && EllipticCurves.P256.getCurve().equals(ec.getParams().getCurve())) {
      return P256;
    }
    if (key instanceof EdECPublicKey ed && ed.getParams().getName().equals(ED25519)) {
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

  /**
   * Finds the key for a token. If several fit, it is the one that verifies the signature.
   *
   * @throws UnknownKeyException if a new JWKS may have the key
   */
  Key resolve(JsonWebSignature token) throws UnresolvableKeyException {
    List<VerificationKey> fitting = keys.stream().filter(key -> key.fits(token)).toList();
    if (fitting.isEmpty()) {
      throw keys.isEmpty() || token.getKeyIdHeaderValue() != null
          ? new UnknownKeyException()
          : new UnresolvableKeyException("no key for this algorithm");
    }
    // Otherwise the first, which jose4j tries itself.
    return fitting.stream()
        .skip(1)
        .map(VerificationKey::key)
        .filter(key -> verifies(key, token))
        .findFirst()
        .orElse(fitting.get(0).key());
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
