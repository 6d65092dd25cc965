package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Issuer;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How often signatures are verified. A security provider in front of the JDK's counts them. A token
 * that is verified again must meet all rules again.
 */
class VerificationCostTest {

  private static final SigningKey KEY = SigningKey.generate("counted", "EdDSA");

  private static final AtomicInteger VERIFICATIONS = new AtomicInteger();

  private final Counting provider = new Counting();
  private final Issuer issuer = new Issuer();
  private UnitVerification unit;
  private TokenVerification verification;

  @BeforeEach
  void startCounting() throws Exception {
    issuer.publishes(KEY);
    unit = UnitVerification.ofLocation(issuer.open());
    verification = unit.verification();
    Security.insertProviderAt(provider, 1);
    VERIFICATIONS.set(0);
  }

  @AfterEach
  void stopCounting() {
    Security.removeProvider(provider.getName());
    unit.close();
    issuer.stop();
  }

  @Test
  void aRepeatedTokenIsVerifiedOnce() {
    String token = KEY.token(Tokens.claims("alice"));

    for (int i = 0; i < 20; i++) {
      assertTrue(accepts(token));
    }

    assertEquals(1, VERIFICATIONS.get());
  }

  @Test
  void eachTokenIsVerified() {
    assertTrue(accepts(KEY.token(Tokens.claims("alice"))));
    assertTrue(accepts(KEY.token(Tokens.claims("bob"))));

    assertEquals(2, VERIFICATIONS.get());
  }

  @Test
  void aBadTokenIsNotCached() {
    String token = SigningKey.generate("counted", "EdDSA").token(Tokens.claims("alice"));

    for (int i = 0; i < 3; i++) {
      assertFalse(accepts(token));
    }

    assertEquals(3, VERIFICATIONS.get());
  }

  @Test
  void aTokenIsVerifiedAgainWhenTheKeysChange() throws Exception {
    String token = KEY.token(Tokens.claims("alice"));
    assertTrue(accepts(token));
    issuer.publishes(KEY, SigningKey.generate("next", "RS256"));
    unit.advance("30S");
    unit.refresh();

    assertTrue(accepts(token));
    assertTrue(accepts(token));
    assertEquals(2, VERIFICATIONS.get());

    issuer.publishes(SigningKey.generate("next", "RS256"));
    unit.advance("30S");
    unit.refresh();
    assertFalse(accepts(token));
  }

  @Test
  void aTokenIsVerifiedAgainOnceItExpired() {
    Instant now = Instant.now();
    Map<String, Object> claims = Tokens.claims("alice");
    claims.put("exp", now.getEpochSecond() + 60);
    String token = KEY.token(claims);

    // 10 s of clock skew
    assertTrue(isCachedAt(now.plusSeconds(69), token));
    assertFalse(isCachedAt(now.plusSeconds(70), token));
  }

  @Test
  void aTokenIsVerifiedAgainOnceItIsTooOld() throws Exception {
    unit.close();
    unit =
        new UnitVerification(
            Map.of("MP_JWT_VERIFY_PUBLICKEY", KEY.pem(), "TASKWARD_TOKENS_MAX_AGE", "600s"));
    Instant now = Instant.now();
    Map<String, Object> claims = Tokens.claims("alice");
    claims.put("iat", now.getEpochSecond() - 540);
    String token = KEY.token(claims);

    assertTrue(isCachedAt(now.plusSeconds(69), token));
    assertFalse(isCachedAt(now.plusSeconds(70), token));
  }

  /** Whether the verification of a token that is valid now is still cached at that time. */
  private boolean isCachedAt(Instant later, String token) {
    AtomicLong clock = new AtomicLong(System.currentTimeMillis());
    verification = unit.verification(clock::get);
    VERIFICATIONS.set(0);
    assertTrue(accepts(token));
    clock.set(later.toEpochMilli());
    assertTrue(accepts(token)); // jose4j uses the system's clock
    return VERIFICATIONS.get() == 1;
  }

  private boolean accepts(String token) {
    return UnitVerification.accepts(verification, token);
  }

  private static final class Counting extends Provider {
    Counting() {
      super("Counting", "1", "counts verifications");
      putService(
          new Service(this, "Signature", "EdDSA", CountingSignature.class.getName(), null, null) {
            @Override
            public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
              return new CountingSignature();
            }
          });
    }
  }

  @SuppressWarnings("deprecation") // SignatureSpi requires two deprecated methods
  private static final class CountingSignature extends SignatureSpi {

    private final Signature real;

    CountingSignature() throws NoSuchAlgorithmException {
      try {
        real = Signature.getInstance("EdDSA", "SunEC");
      } catch (java.security.NoSuchProviderException e) {
        throw new NoSuchAlgorithmException(e);
      }
    }

    @Override
    protected void engineInitVerify(PublicKey publicKey) throws InvalidKeyException {
      real.initVerify(publicKey);
    }

    @Override
    protected void engineInitSign(PrivateKey privateKey) throws InvalidKeyException {
      real.initSign(privateKey);
    }

    @Override
    protected void engineUpdate(byte b) throws SignatureException {
      real.update(b);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int from, int length) throws SignatureException {
      real.update(bytes, from, length);
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
      return real.sign();
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
      VERIFICATIONS.incrementAndGet();
      return real.verify(signature);
    }

    @Override
    protected void engineSetParameter(String name, Object value) {
      throw new UnsupportedOperationException();
    }

    @Override
    protected Object engineGetParameter(String name) {
      throw new UnsupportedOperationException();
    }
  }
}
