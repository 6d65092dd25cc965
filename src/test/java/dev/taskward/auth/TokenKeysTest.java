package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.taskward.Issuer;
import dev.taskward.ServiceLog;
import dev.taskward.SigningKey;
import dev.taskward.Tokens;
import dev.taskward.auth.VerificationKeys.VerificationKey;
import dev.taskward.config.SettingsException;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** When keys are fetched, which keys stay, and which settings are refused. */
class TokenKeysTest {

  private static final String LOCATION = "MP_JWT_VERIFY_PUBLICKEY_LOCATION";
  private static final String PUBLIC_KEY = "MP_JWT_VERIFY_PUBLICKEY";

  private static final SigningKey FIRST = SigningKey.generate("first", "EdDSA");
  private static final SigningKey SECOND = SigningKey.generate("second", "ES256");

  @TempDir static Path folder;

  private final Issuer issuer = new Issuer();
  private final String url = issuer.open();
  private UnitVerification unit;

  @AfterEach
  void stop() {
    if (unit != null) {
      unit.close();
    }
    issuer.stop();
  }

  /** With the default settings: an interval of 30 s, a maximum age of 5 minutes. */
  private TokenKeys fetched() throws Exception {
    unit = UnitVerification.ofLocation(url);
    return unit.keys;
  }

  private List<String> ids() {
    return unit.keys.current().keys().stream().map(VerificationKey::id).toList();
  }

  @Test
  void theKeysAreFetchedAtTheStartAndAfterTheInterval() throws Exception {
    issuer.publishes(FIRST);
    fetched();
    assertEquals(List.of("first"), ids());

    issuer.publishes(FIRST, SECOND);
    unit.advance("29.9S");
    unit.refresh();
    assertEquals(List.of("first"), ids());
    assertEquals(1, issuer.requests());

    unit.advance("0.1S");
    unit.refresh();
    assertEquals(List.of("first", "second"), ids());
    assertEquals(2, issuer.requests());
  }

  @Test
  void aWithdrawnKeyIsRemoved() throws Exception {
    issuer.publishes(FIRST);
    fetched();

    issuer.publishes(SECOND);
    unit.advance("30S");
    unit.refresh();

    assertEquals(List.of("second"), ids());
  }

  @Test
  void requestsShareTheFetchInProgress() throws Exception {
    issuer.publishes(FIRST);
    TokenKeys keys = fetched();
    issuer.answers(Issuer.silence());
    unit.advance("30S");

    Set<Future<Void>> fetches = ConcurrentHashMap.newKeySet();
    IntStream.range(0, 50).parallel().forEach(i -> fetches.add(keys.refresh()));
    unit.advance("30S");
    fetches.add(keys.refresh());

    assertEquals(1, fetches.size());
    unit.refresh();
    assertEquals(2, issuer.requests());
  }

  @Test
  void keysStayWhileTheIssuerIsUnavailableAndFailedFetchesKeepTheInterval() throws Exception {
    issuer.publishes(FIRST);
    TokenKeys keys = fetched();
    VerificationKeys before = keys.current();
    issuer.answers(Issuer.status(500));

    try (ServiceLog log = new ServiceLog()) {
      unit.advance("30S");
      unit.refresh();
      unit.refresh();
      unit.advance("29.9S");
      unit.refresh();

      assertEquals(
          List.of("The JWKS can't be fetched, the keys stay as they are: status 500"),
          messages(log));
    }
    assertSame(before, keys.current());
    assertEquals(2, issuer.requests());

    issuer.publishes(SECOND);
    unit.advance("0.1S");
    unit.refresh();
    assertEquals(List.of("second"), ids());
  }

  @Test
  void withoutKeysTheIntervalIsFiveSeconds() throws Exception {
    issuer.answers(Issuer.status(503));
    TokenKeys keys = fetched();
    assertFalse(keys.refresh().failed());
    assertEquals(List.of(), ids());

    unit.advance("4.9S");
    keys.fetchIfOld();
    assertEquals(1, issuer.requests());

    issuer.publishes(FIRST);
    unit.advance("0.1S");
    keys.fetchIfOld();
    unit.refresh();
    assertEquals(List.of("first"), ids());
  }

  @Test
  void theTimerRefreshesOldKeys() throws Exception {
    issuer.publishes(FIRST);
    TokenKeys keys = fetched();
    issuer.publishes(SECOND);

    unit.advance("4M59.9S");
    keys.fetchIfOld();
    assertEquals(1, issuer.requests());

    unit.advance("0.1S");
    keys.fetchIfOld();
    unit.refresh();
    assertEquals(List.of("second"), ids());
  }

  /** Otherwise every cached token would be verified again. */
  @Test
  void unchangedKeysStayTheSameObject() throws Exception {
    issuer.publishes(FIRST);
    TokenKeys keys = fetched();
    VerificationKeys before = keys.current();

    unit.advance("30S");
    unit.refresh();
    assertSame(before, keys.current());

    issuer.publishes(FIRST, SECOND);
    unit.advance("30S");
    unit.refresh();
    assertNotSame(before, keys.current());
  }

  @Test
  void aSecretWorksBesidesTheKeysOfTheIssuer() throws Exception {
    issuer.publishes(FIRST);
    unit = new UnitVerification(Map.of("BETTER_AUTH_SECRET", Tokens.SECRET, LOCATION, url));
    unit.refresh();

    TokenVerification verification = unit.verification();
    assertEquals(true, UnitVerification.accepts(verification, Tokens.token("alice")));
    assertEquals(true, UnitVerification.accepts(verification, FIRST.token(Tokens.claims("alice"))));
  }

  @Test
  void anUnusableKeyIsLoggedOnce() throws Exception {
    String jwks = Issuer.jwks(FIRST).replace("[", "[{\"kty\": \"oct\", \"k\": \"AA\"},");
    issuer.answers(Issuer.json(jwks));
    try (ServiceLog log = new ServiceLog()) {
      fetched();
      unit.advance("30S");
      unit.refresh();
      try (UnitVerification local = UnitVerification.ofLocation(file("ignored.json", jwks))) {
        String ignored = "A JWK can't verify tokens and is ignored: a key without kid (symmetric)";
        assertEquals(2, messages(log).stream().filter(ignored::equals).count());
      }
    }
  }

  @Test
  void aJwksWithoutIssuerOrAudiencesLogsWarnings() {
    Map<String, String> settings = new HashMap<>(Map.of(LOCATION, url));
    assertEquals(
        List.of(
            "TASKWARD_TOKENS_ISSUER is not set: every issuer with a key in the JWKS is accepted.",
            "TASKWARD_TOKENS_AUDIENCES is not set: tokens for other services are accepted."),
        warnings(settings));

    settings.putAll(Map.of("TASKWARD_TOKENS_ISSUER", "i", "TASKWARD_TOKENS_AUDIENCES", "a"));
    assertEquals(List.of(), warnings(settings));
    assertEquals(List.of(), warnings(Map.of("BETTER_AUTH_SECRET", Tokens.SECRET)));
  }

  private static List<String> warnings(Map<String, String> settings) {
    try (ServiceLog log = new ServiceLog();
        UnitVerification loaded = new UnitVerification(settings)) {
      return messages(log).stream().filter(line -> line.contains("is not set")).toList();
    }
  }

  static Stream<Arguments> mistakes() throws IOException {
    String noKey =
        " has no public key for RS256 or PS256 (RSA, 2048 bits or more), ES256 (P-256) or EdDSA"
            + " (Ed25519).";
    return Stream.of(
        arguments(
            Map.of(LOCATION, "/nowhere/key.pem"), LOCATION + " can't be read: /nowhere/key.pem"),
        arguments(
            Map.of(LOCATION, file("bad.json", "{\"keys\": ")),
            LOCATION + " has neither a JWK nor a JWKS."),
        arguments(
            Map.of(LOCATION, "https://issuer.example/jwks", "https_proxy", "socks5://proxy:1080"),
            "HTTPS_PROXY must be a proxy such as http://proxy.example.com:3128."),
        arguments(Map.of(PUBLIC_KEY, "hello"), PUBLIC_KEY + noKey));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsReportedInOneLine(Map<String, String> settings, String line) {
    assertEquals(
        line,
        assertThrows(SettingsException.class, () -> new UnitVerification(settings)).getMessage());
  }

  @Test
  void thePlaceholderKeyOfQuarkusTestsIsIgnored() {
    unit = new UnitVerification(Map.of("BETTER_AUTH_SECRET", Tokens.SECRET, PUBLIC_KEY, "NONE"));
    assertEquals(1, ids().size());
  }

  private static List<String> messages(ServiceLog log) {
    return log.lines().stream().map(line -> line.getFormattedMessage()).toList();
  }

  private static String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }
}
