package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.config.SettingsException;
import io.vertx.core.net.ProxyOptions;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpsProxyTest {

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY, http://proxy.example:3128, proxy.example, 3128, ,",
    "https_proxy, http://proxy.example:3128/, proxy.example, 3128, ,",
    "HTTPS_PROXY, HTTP://proxy.example, proxy.example, 80, ,",
    "HTTPS_PROXY, proxy.example:3128, proxy.example, 3128, ,",
    "HTTPS_PROXY, ' 10.0.0.1:3128\n', 10.0.0.1, 3128, ,",
    "HTTPS_PROXY, http://[2001:db8::1]:3128, 2001:db8::1, 3128, ,",
    "HTTPS_PROXY, http://me:p%40ss:+%3A@proxy.example:3128, proxy.example, 3128, me, p@ss:+:",
    "HTTPS_PROXY, http://me@proxy.example:3128, proxy.example, 3128, me, ''",
  })
  void theProxyComesFromTheEnvironment(
      String variable, String value, String host, int port, String user, String password) {
    ProxyOptions proxy = proxy("https://issuer.example/jwks", Map.of(variable, value)).get();

    assertEquals(host, proxy.getHost());
    assertEquals(port, proxy.getPort());
    assertEquals(user, proxy.getUsername());
    assertEquals(password, proxy.getPassword());
  }

  @Test
  void withoutAValueThereIsNoProxy() {
    assertEquals(Optional.empty(), proxy("https://issuer.example", Map.of()));
    assertEquals(Optional.empty(), proxy("https://issuer.example", Map.of("HTTPS_PROXY", " ")));
    assertEquals(
        "b",
        proxy("https://issuer.example", Map.of("HTTPS_PROXY", "", "https_proxy", "b"))
            .get()
            .getHost());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://localhost:8443/jwks",
        "https://LOCALHOST/jwks",
        "https://127.0.0.1/jwks",
        "https://[::1]/jwks",
        "http://localhost/jwks",
      })
  void thisMachineIsReachedWithoutAProxy(String url) {
    assertEquals(Optional.empty(), proxy(url, Map.of("HTTPS_PROXY", "http://proxy:3128")));
  }

  @ParameterizedTest
  @CsvSource({
    "*, https://issuer.example, true",
    "issuer.example, https://issuer.example, true",
    "ISSUER.example, https://Issuer.Example/jwks, true",
    "'a, issuer.example ,b', https://issuer.example, true",
    "a issuer.example, https://issuer.example, true",
    "example, https://issuer.example, true",
    ".example, https://issuer.example, true",
    "*.example, https://issuer.example, true",
    "issuer.example:443, https://issuer.example, true",
    "issuer.example:8443, https://issuer.example:8443, true",
    "10.1.2.3, https://10.1.2.3, true",
    "10.0.0.0/8, https://10.1.2.3, true",
    "2001:db8::1, https://[2001:db8::1], true",
    "[2001:db8::1]:443, https://[2001:db8::1], true",
    "2001:db8::/32, https://[2001:db8::1], true",
    "issuer.example:8443, https://issuer.example, false",
    "suer.example, https://issuer.example, false",
    "a.issuer.example, https://issuer.example, false",
    "10.0.0.0/8, https://11.1.2.3, false",
    "10.0.0.0/8, https://issuer.example, false",
    "2001:db8::/32, https://10.1.2.3, false",
    "10.0.0.0/99, https://10.1.2.3, false",
    "'', https://issuer.example, false",
    "',', https://issuer.example, false",
  })
  void theNoProxyVariableListsExceptions(String exceptions, String url, boolean isExcepted) {
    for (String variable : new String[] {"NO_PROXY", "no_proxy"}) {
      assertEquals(
          isExcepted,
          proxy(url, Map.of("HTTPS_PROXY", "http://proxy:3128", variable, exceptions)).isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://",
        "http://proxy.example:x",
        "http://proxy.example:65536",
        "http://proxy.example/path",
        "http://proxy.example?x",
        "http://me:p%ss@proxy.example",
        "a proxy",
      })
  void anInvalidProxyIsReportedWithoutItsPassword(String value) {
    SettingsException refusal =
        assertThrows(
            SettingsException.class,
            () -> proxy("https://issuer.example", Map.of("HTTPS_PROXY", value)));

    assertEquals(
        "HTTPS_PROXY must be a proxy such as http://proxy.example.com:3128.", refusal.getMessage());
  }

  private static Optional<ProxyOptions> proxy(String url, Map<String, String> environment) {
    return HttpsProxy.of(URI.create(url), environment);
  }
}
