package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.Tokens;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The {@code typ} of tokens, if the deployment requires that of RFC 9068. */
class AccessTokenTypeTest {

  @ParameterizedTest
  @CsvSource({
    "at+jwt, true",
    "application/at+jwt, true",
    "AT+JWT, true",
    "jwt, false",
    "JWT, false",
    "application/jwt, false",
    "at, false",
    "at+jwt2, false",
    ", false"
  })
  void onlyAccessTokensOfRfc9068AreAccepted(String typ, boolean accepted) {
    Map<String, Object> header = new HashMap<>(Map.of("alg", "HS256"));
    if (typ != null) {
      header.put("typ", typ);
    }
    String token = Tokens.sign(header, Tokens.claims("alice"), "HmacSHA256", Tokens.SECRET);
    Map<String, String> settings =
        Map.of("BETTER_AUTH_SECRET", Tokens.SECRET, "TASKWARD_TOKENS_REQUIRE_AT_JWT", "true");

    try (UnitVerification unit = new UnitVerification(settings)) {
      assertEquals(accepted, UnitVerification.accepts(unit.verification(), token));
    }
  }
}
