package dev.taskward.caller;

import dev.taskward.config.TaskwardConfig;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.auth.principal.DefaultJWTCallerPrincipal;
import io.smallrye.jwt.auth.principal.DefaultJWTTokenParser;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import io.smallrye.jwt.auth.principal.JWTCallerPrincipal;
import io.smallrye.jwt.auth.principal.JWTCallerPrincipalFactory;
import io.smallrye.jwt.auth.principal.ParseException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;

/**
 * Which tokens (RFC 7519) are accepted: signed with HS256 by the holder of {@code
 * BETTER_AUTH_SECRET}, by the issuer and for the audience that are configured, if any; not expired,
 * made for a day at most, and with a subject that the database can hold. The algorithm follows from
 * the key that is configured, never from the token.
 */
@Alternative
@Priority(1)
@ApplicationScoped
class TokenVerification extends JWTCallerPrincipalFactory {

  private static final long MAX_LIFE_SECONDS = 24 * 60 * 60;
  private static final int MAX_SUBJECT_LENGTH = 255;

  private static final Pattern VISIBLE = Pattern.compile("[^\\p{Z}\\p{Cc}\\p{Cf}]");

  /**
   * U+0000 and unpaired surrogates, which PostgreSQL does not store, and U+FFFD, which stands for
   * bytes that were no UTF-8: two subjects could become one.
   */
  private static final Pattern NOT_A_NAME = Pattern.compile("[\\x00\\p{Cs}\\x{FFFD}]");

  private final DefaultJWTTokenParser parser = new DefaultJWTTokenParser();
  private final TaskwardConfig.Tokens config;

  TokenVerification(TaskwardConfig config) {
    this.config = config.tokens();
  }

  @Produces
  @Alternative
  @Priority(1)
  @ApplicationScoped
  JWTAuthContextInfo rules(@ConfigProperty(name = "BETTER_AUTH_SECRET") String secret) {
    JWTAuthContextInfo rules = new JWTAuthContextInfo();
    rules.setSecretVerificationKey(
        new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    rules.setSignatureAlgorithm(Set.of(SignatureAlgorithm.HS256));
    rules.setClockSkew((int) config.clockSkew().toSeconds());
    config.issuer().ifPresent(rules::setIssuedBy);
    config.audiences().ifPresent(rules::setExpectedAudience);
    // Zero turns the library's own check of the life off, which can't do without iat: see below.
    rules.setMaxTimeToLiveSecs(0L);
    return rules;
  }

  @Override
  public JWTCallerPrincipal parse(String token, JWTAuthContextInfo rules) throws ParseException {
    try {
      JwtClaims claims = parser.parse(token, rules).getJwtClaims();
      requireShortLife(claims);
      claims.setSubject(subject(claims));
      // The library reads names and roles from these, of whatever type they are; Taskward has none.
      claims.unsetClaim("upn");
      claims.unsetClaim("preferred_username");
      claims.unsetClaim("groups");
      return new DefaultJWTCallerPrincipal(claims);
    } catch (MalformedClaimException | RuntimeException e) {
      throw new ParseException("malformed claims", e);
    }
  }

  /** Life counts from iat, or from now without one: RFC 7519 leaves it optional. */
  private void requireShortLife(JwtClaims claims) throws MalformedClaimException, ParseException {
    NumericDate now = NumericDate.now();
    NumericDate start = claims.getIssuedAt() == null ? now : claims.getIssuedAt();
    if (start.getValue() > now.getValue() + config.clockSkew().toSeconds()) {
      throw new ParseException("iat lies in the future");
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
}
