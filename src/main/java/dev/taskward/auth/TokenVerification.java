package dev.taskward.auth;

import static java.util.Map.entry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.taskward.common.Digest;
import dev.taskward.config.TaskwardConfig;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.jwt.auth.principal.DefaultJWTCallerPrincipal;
import io.smallrye.jwt.auth.principal.ParseException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jose4j.base64url.Base64Url;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodeValidator;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.lang.InvalidAlgorithmException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * Verifies tokens (RFC 7519, RFC 8725) and caches the valid ones. A valid token has one signature,
 * by a key of {@link TokenKeys}, and the configured issuer and audience. It is an access token, has
 * not expired, and lives for at most 24 hours. The database can store its subject.
 */
@Singleton
class TokenVerification {

  private static final long MAX_LIFE_SECONDS = 24 * 60 * 60;

  private static final Map<Integer, String> REASONS =
      Map.ofEntries(
          entry(ErrorCodes.EXPIRED, "expired"),
          entry(ErrorCodes.EXPIRATION_MISSING, "no exp"),
          entry(ErrorCodes.NOT_YET_VALID, "not valid yet"),
          entry(ErrorCodes.ISSUED_AT_MISSING, "no iat"),
          entry(ErrorCodes.ISSUED_AT_INVALID_PAST, "too old"),
          entry(ErrorCodes.ISSUED_AT_INVALID_FUTURE, "iat lies in the future"),
          entry(ErrorCodes.SIGNATURE_INVALID, "bad signature"),
          entry(ErrorCodes.ISSUER_MISSING, "no iss"),
          entry(ErrorCodes.ISSUER_INVALID, "wrong iss"),
          entry(ErrorCodes.AUDIENCE_MISSING, "no aud"),
          entry(ErrorCodes.AUDIENCE_INVALID, "wrong aud"));

  private final TaskwardConfig.Tokens config;
  private final TokenKeys keys;
  private final JwtConsumer consumer;

  private final LongSupplier currentTimeMillis;

  /** By digest, so that the cache contains no token. */
  private final Cache<ByteBuffer, Verified> verified;

  /**
   * @param expires in milliseconds
   * @param keys the keys that verified the token
   */
  private record Verified(SecurityIdentity user, long expires, VerificationKeys keys) {}

  @Inject
  TokenVerification(TaskwardConfig config, TokenKeys keys) {
    this(config, keys, System::currentTimeMillis);
  }

  /**
   * @param currentTimeMillis the clock for cached tokens; jose4j uses the system's clock
   */
  TokenVerification(TaskwardConfig config, TokenKeys keys, LongSupplier currentTimeMillis) {
    this.config = config.tokens();
    this.keys = keys;
    this.currentTimeMillis = currentTimeMillis;
    VerificationKeys.registerEd25519();
    this.consumer = consumer();
    this.verified = Caffeine.newBuilder().maximumSize(this.config.cacheSize()).build();
  }

  private JwtConsumer consumer() {
    JwtConsumerBuilder rules =
        new JwtConsumerBuilder()
            .setVerificationKeyResolver((token, outer) -> keys.current().resolve(token))
            .setJwsAlgorithmConstraints(ConstraintType.PERMIT, VerificationKeys.ALGORITHMS)
            .setRequireExpirationTime()
            .setAllowedClockSkewInSeconds((int) config.clockSkew().toSeconds())
            .setIssuedAtRestrictions(
                0, config.maxAge().map(age -> (int) age.toSeconds()).orElse(Integer.MAX_VALUE));
    config.issuer().ifPresent(rules::setExpectedIssuer);
    config.maxAge().ifPresent(age -> rules.setRequireIssuedAt());
    config
        .audiences()
        .ifPresentOrElse(
            audiences ->
                rules.setExpectedAudience(
                    audiences.stream().map(String::strip).toArray(String[]::new)),
            rules::setSkipDefaultAudienceValidation);
    return rules.build();
  }

  /**
   * Returns the user that the token names, with its scopes as roles.
   *
   * @throws ParseException with the reason, which contains no text of the token
   */
  SecurityIdentity identity(String token) throws ParseException {
    ByteBuffer digest = digest(token);
    VerificationKeys now = keys.current();
    Verified before = verified.getIfPresent(digest);
    if (before != null
        && before.keys() == now
        && currentTimeMillis.getAsLong() < before.expires()) {
      return before.user();
    }
    Verified fresh = verify(token, now);
    verified.put(digest, fresh);
    return fresh.user();
  }

  private Verified verify(String token, VerificationKeys now) throws ParseException {
    try {
      requireBase64Url(token);
      JwtContext parsed = consumer.process(token);
      JwtClaims claims = parsed.getJwtClaims();
      requireAccessToken(parsed);
      requireShortLife(claims);
      JwtClaims kept = new JwtClaims(); // no other claim is read
      kept.setSubject(subject(claims));
      kept.setExpirationTime(NumericDate.fromMilliseconds(end(claims)));
      SecurityIdentity user =
          QuarkusSecurityIdentity.builder()
              .setPrincipal(new DefaultJWTCallerPrincipal(kept))
              .addRoles(scopes(claims))
              .build();
      return new Verified(user, end(claims) + config.clockSkew().toMillis(), now);
    } catch (InvalidJwtException | MalformedClaimException | RuntimeException e) {
      throw new ParseException(reason(e), e);
    }
  }

  /** The end of the token's life in milliseconds, without clock skew. */
  private long end(JwtClaims claims) throws MalformedClaimException {
    long expires = claims.getExpirationTime().getValueInMillis();
    return config.maxAge().isEmpty()
        ? expires
        : Math.min(
            expires, claims.getIssuedAt().getValueInMillis() + config.maxAge().get().toMillis());
  }

  private static String reason(Exception refusal) {
    if (refusal instanceof InvalidJwtException invalid) {
      for (ErrorCodeValidator.Error error : invalid.getErrorDetails()) {
        if (REASONS.containsKey(error.getErrorCode())) {
          return REASONS.get(error.getErrorCode());
        }
      }
    }
    for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvableKeyException) {
        return cause.getMessage(); // of VerificationKeys
      }
      if (cause instanceof InvalidAlgorithmException) {
        return "algorithm";
      }
    }
    return "malformed";
  }

  /**
   * Requires that the signature is plain base64url (RFC 7515, 2). jose4j skips other characters, so
   * one token would have many forms, and the cache an entry for each.
   */
  private static void requireBase64Url(String token) throws ParseException {
    String signature = token.substring(token.lastIndexOf('.') + 1);
    if (!Base64Url.encode(Base64Url.decode(signature)).equals(signature)) {
      throw new ParseException("not in base64url");
    }
  }

  /**
   * Refuses other tokens that an issuer signs with the same key, by their header (RFC 8725, 3.11)
   * or by their claims: OpenID Connect (3.1.3.6, ID tokens), RFC 8417 (security events, such as
   * logout tokens), Keycloak (typ), Amazon Cognito (token_use).
   */
  private void requireAccessToken(JwtContext token) throws ParseException {
    if (token.getJoseObjects().size() != 1
        || !(token.getJoseObjects().get(0) instanceof JsonWebSignature header)) {
      throw new ParseException("nested or encrypted");
    }
    // No critical extension (RFC 7515, 4.1.11) is supported. jose4j would accept b64.
    if (header.getObjectHeader("crit") != null) {
      throw new ParseException("crit");
    }
    String type = header.getHeader("typ");
    boolean isAccessToken =
        config.requireAtJwt() // RFC 9068, 4
            ? type != null && type.matches("(?i)(application/)?at\\+jwt")
            : type == null || type.matches("(?i)(application/)?(at\\+)?jwt");
    if (!isAccessToken) {
      throw new ParseException("typ");
    }
    JwtClaims claims = token.getJwtClaims();
    if (claims.hasClaim("at_hash")
        || claims.hasClaim("c_hash")
        || claims.hasClaim("events")
        || "id".equals(claims.getClaimValue("token_use"))
        || claims.getClaimValue("typ") instanceof String kind
            && kind.matches("(?i)id|refresh|offline|logout")) {
      throw new ParseException("not an access token");
    }
  }

  /** The life counts from iat, or from now: iat is optional (RFC 7519). */
  private static void requireShortLife(JwtClaims claims)
      throws MalformedClaimException, ParseException {
    NumericDate start = claims.getIssuedAt() == null ? NumericDate.now() : claims.getIssuedAt();
    if (claims.getExpirationTime().getValue() > start.getValue() + MAX_LIFE_SECONDS) {
      throw new ParseException("the token lives for more than 24 hours");
    }
  }

  private String subject(JwtClaims claims) throws MalformedClaimException, ParseException {
    String subject = claims.getStringClaimValue(config.subjectClaim());
    if (!Subject.isValid(subject)) {
      throw new ParseException(config.subjectClaim() + " " + Subject.ERROR);
    }
    return subject;
  }

  /** A text with spaces (RFC 8693, 4.2). Some issuers use the claim scp, and some an array. */
  private static Set<String> scopes(JwtClaims claims) {
    return Stream.of("scope", "scp")
        .map(claims::getClaimValue)
        .flatMap(claim -> claim instanceof Collection<?> list ? list.stream() : Stream.of(claim))
        .filter(String.class::isInstance)
        .flatMap(text -> Arrays.stream(((String) text).split(" ")))
        .collect(Collectors.toSet());
  }

  private static ByteBuffer digest(String token) {
    return ByteBuffer.wrap(Digest.sha256().digest(token.getBytes(StandardCharsets.ISO_8859_1)));
  }
}
