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
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jose4j.base64url.Base64Url;
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
 * Which tokens (RFC 7519, RFC 8725) are accepted: signed once, with a key of {@link TokenKeys}, by
 * the issuer and for the audience that are configured, if any; not expired, made for a day at most,
 * made for access and nothing else, and with a subject that the database can hold.
 */
@Singleton
class TokenVerification {

  private static final long MAX_LIFE_SECONDS = 24 * 60 * 60;
  private static final int MAX_SUBJECT_LENGTH = 255;

  private static final String IAT_IN_FUTURE = "iat lies in the future";

  private static final Map<Integer, String> REASONS =
      Map.ofEntries(
          entry(ErrorCodes.EXPIRED, "expired"),
          entry(ErrorCodes.EXPIRATION_MISSING, "no exp"),
          entry(ErrorCodes.NOT_YET_VALID, "not valid yet"),
          entry(ErrorCodes.ISSUED_AT_MISSING, "no iat"),
          entry(ErrorCodes.ISSUED_AT_INVALID_PAST, "too old"),
          entry(ErrorCodes.ISSUED_AT_INVALID_FUTURE, IAT_IN_FUTURE),
          entry(ErrorCodes.SIGNATURE_INVALID, "bad signature"),
          entry(ErrorCodes.ISSUER_MISSING, "no iss"),
          entry(ErrorCodes.ISSUER_INVALID, "wrong iss"),
          entry(ErrorCodes.AUDIENCE_MISSING, "no aud"),
          entry(ErrorCodes.AUDIENCE_INVALID, "wrong aud"));

  private static final Pattern VISIBLE = Pattern.compile("[^\\p{Z}\\p{Cc}\\p{Cf}]");

  /**
   * U+0000 and unpaired surrogates, which PostgreSQL does not store, and U+FFFD, which stands for
   * bytes that were no UTF-8: two subjects could become one.
   */
  private static final Pattern NOT_A_NAME = Pattern.compile("[\\x00\\p{Cs}\\x{FFFD}]");

  private final TaskwardConfig.Tokens config;
  private final TokenKeys keys;
  private final JwtConsumer consumer;

  /** By digest, so that a look into this memory shows no token. */
  private final Cache<ByteBuffer, Verified> verified;

  /** A token that was accepted, until when it will be, and the keys of that moment. */
  private record Verified(SecurityIdentity caller, long expires, VerificationKeys keys) {

    boolean holds(VerificationKeys now) {
      return keys == now && System.currentTimeMillis() < expires;
    }
  }

  TokenVerification(TaskwardConfig config, TokenKeys keys) {
    this.config = config.tokens();
    this.keys = keys;
    VerificationKeys.registerEd25519();
    this.consumer = consumer();
    this.verified = Caffeine.newBuilder().maximumSize(this.config.cacheSize()).build();
  }

  private JwtConsumer consumer() {
    JwtConsumerBuilder rules =
        new JwtConsumerBuilder()
            .setVerificationKeyResolver((token, outer) -> keys.current().resolve(token))
            .setJwsAlgorithmConstraints(VerificationKeys.ALGORITHMS)
            .setRequireExpirationTime()
            .setAllowedClockSkewInSeconds((int) config.clockSkew().toSeconds());
    config.issuer().ifPresent(rules::setExpectedIssuer);
    config
        .maxAge()
        .ifPresent(
            age -> rules.setRequireIssuedAt().setIssuedAtRestrictions(0, (int) age.toSeconds()));
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
   * Who the token says is calling, with its scopes for roles.
   *
   * @throws ParseException that says why it is not accepted, in words that owe nothing to the token
   */
  SecurityIdentity identity(String token) throws ParseException {
    ByteBuffer digest = digest(token);
    VerificationKeys now = keys.current();
    Verified before = verified.getIfPresent(digest);
    if (before != null && before.holds(now)) {
      return before.caller();
    }
    Verified fresh = verify(token, now);
    verified.put(digest, fresh);
    return fresh.caller();
  }

  private Verified verify(String token, VerificationKeys now) throws ParseException {
    try {
      requireOneSpelling(token);
      JwtContext parsed = consumer.process(token);
      JwtClaims claims = parsed.getJwtClaims();
      requireAccessToken(parsed);
      requireShortLife(claims);
      JwtClaims kept = new JwtClaims(); // all that is asked for of a token which is known
      kept.setSubject(subject(claims));
      SecurityIdentity caller =
          QuarkusSecurityIdentity.builder()
              .setPrincipal(new DefaultJWTCallerPrincipal(kept))
              .addRoles(scopes(claims))
              .build();
      return new Verified(caller, end(claims) + config.clockSkew().toMillis(), now);
    } catch (InvalidJwtException | MalformedClaimException | RuntimeException e) {
      throw new ParseException(reason(e), e);
    }
  }

  /** Until when the token is accepted, if the clocks agree; in milliseconds. */
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
   * RFC 7515, 2: base64url and no other character. The library passes over what is none, so that
   * one signature could be written in any number of ways, each of them a token to remember.
   */
  private static void requireOneSpelling(String token) throws ParseException {
    String signature = token.substring(token.lastIndexOf('.') + 1);
    if (!Base64Url.encode(Base64Url.decode(signature)).equals(signature)) {
      throw new ParseException("not in base64url");
    }
  }

  /**
   * An issuer signs other things with the same key. RFC 8725, 3.11 tells them apart by the header;
   * the claims are those of OpenID Connect (3.1.3.6, ID tokens), of RFC 8417 (security events, so
   * logout tokens), of Keycloak (typ) and of Amazon Cognito (token_use).
   */
  private static void requireAccessToken(JwtContext token) throws ParseException {
    // One signature and no encryption: nothing is nested.
    if (token.getJoseObjects().size() != 1
        || !(token.getJoseObjects().get(0) instanceof JsonWebSignature header)) {
      throw new ParseException("nested or encrypted");
    }
    // No extension that would have to be understood (RFC 7515, 4.1.11) is; the library knows b64.
    if (header.getObjectHeader("crit") != null) {
      throw new ParseException("crit");
    }
    String type = header.getHeader("typ");
    if (type != null && !type.matches("(?i)(application/)?(at\\+)?jwt")) {
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

  /** Life counts from iat, or from now without one: RFC 7519 leaves it optional. */
  private void requireShortLife(JwtClaims claims) throws MalformedClaimException, ParseException {
    NumericDate now = NumericDate.now();
    NumericDate start = claims.getIssuedAt() == null ? now : claims.getIssuedAt();
    if (start.getValue() > now.getValue() + config.clockSkew().toSeconds()) {
      throw new ParseException(IAT_IN_FUTURE);
    }
    if (claims.getExpirationTime().getValue() > start.getValue() + MAX_LIFE_SECONDS) {
      throw new ParseException("the token lives for more than 24 hours");
    }
  }

  private String subject(JwtClaims claims) throws MalformedClaimException, ParseException {
    String subject = claims.getStringClaimValue(config.subjectClaim());
    if (subject == null
        || !VISIBLE.matcher(subject).find()
        || subject.codePointCount(0, subject.length()) > MAX_SUBJECT_LENGTH
        || NOT_A_NAME.matcher(subject).find()) {
      throw new ParseException(config.subjectClaim() + " must be 1 to 255 characters, not blank");
    }
    return subject;
  }

  /** RFC 8693, 4.2: one text with spaces; some issuers write scp, and some an array. */
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
