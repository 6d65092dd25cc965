package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.Issuer;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How often a signature is really verified: counted by a security provider in front of the JDK's.
 */
@QuarkusTest
@TestProfile(JwksTest.Jwks.class)
class VerificationCostTest {

  private static final AtomicInteger VERIFICATIONS = new AtomicInteger();

  private final Counting provider = new Counting();
  private static final SigningKey KEY = SigningKey.generate("counted", "EdDSA");

  @BeforeEach
  void count() throws InterruptedException {
    Issuer.started().publishes(KEY);
    Thread.sleep(1_100); // the interval in which keys are not fetched again
    assertEquals(200, status(token()));
    Security.insertProviderAt(provider, 1);
    VERIFICATIONS.set(0);
  }

  @AfterEach
  void countNoMore() {
    Security.removeProvider(provider.getName());
  }

  @Test
  void aTokenIsVerifiedOnceHoweverOftenItIsSent() {
    String token = token();

    for (int i = 0; i < 20; i++) {
      assertEquals(200, status(token));
    }

    assertEquals(1, VERIFICATIONS.get());
  }

  @Test
  void anotherTokenIsVerifiedForItself() {
    assertEquals(200, status(token()));
    assertEquals(200, status(token("bob")));

    assertEquals(2, VERIFICATIONS.get());
  }

  @Test
  void aBadTokenIsNotRemembered() {
    String token = SigningKey.generate("counted", "EdDSA").token(Tokens.claims("alice"));

    for (int i = 0; i < 3; i++) {
      assertEquals(401, status(token));
    }

    assertEquals(3, VERIFICATIONS.get());
  }

  /** What was verified with the keys of before is looked at with those of now. */
  @Test
  void aTokenIsVerifiedAgainWhenTheKeysChange() throws InterruptedException {
    String token = token();
    assertEquals(200, status(token));
    SigningKey next = SigningKey.generate("next", "RS256");
    Issuer.started().publishes(KEY, next);
    Thread.sleep(1_100);
    assertEquals(200, status(next.token(Tokens.claims("alice"))));

    assertEquals(200, status(token));
    assertEquals(200, status(token));

    assertEquals(2, VERIFICATIONS.get());
  }

  private String token() {
    return token("alice");
  }

  private String token(String subject) {
    return KEY.token(Tokens.claims(subject + System.nanoTime()));
  }

  private static int status(String token) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token)
        .get(User.TASKS)
        .statusCode();
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

  @SuppressWarnings("deprecation") // of two methods that the contract has all the same
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
