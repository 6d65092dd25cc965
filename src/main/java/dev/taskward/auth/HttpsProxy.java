package dev.taskward.auth;

import dev.taskward.config.SettingsException;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The proxy for requests to https URLs: {@code HTTPS_PROXY}, unless {@code NO_PROXY} has the host.
 * Both names may be in lower case. Requests to this machine use no proxy. Vert.x and the JDK do not
 * read these variables.
 */
final class HttpsProxy {

  private static final String VARIABLE = "HTTPS_PROXY";

  private static final Pattern LOOPBACK = Pattern.compile("(?i)localhost|127\\.[0-9.]+|::1");
  private static final Pattern HOST_AND_PORT = Pattern.compile("\\[?(.*?)]?(?::([0-9]{1,5}))?");
  private static final Pattern NETWORK = Pattern.compile("([0-9A-Fa-f:.]+)/([0-9]{1,3})");

  /**
   * Returns the proxy for this URL; empty if it needs none.
   *
   * @throws SettingsException if the variable is not a proxy
   */
  static Optional<ProxyOptions> of(URI url, Map<String, String> environment) {
    String proxy = value(VARIABLE, environment);
    return proxy == null || !url.getScheme().equalsIgnoreCase("https") || isExempt(url, environment)
        ? Optional.empty()
        : Optional.of(parse(proxy));
  }

  private static String value(String variable, Map<String, String> environment) {
    return Stream.of(variable, variable.toLowerCase(Locale.ROOT))
        .map(environment::get)
        .filter(value -> value != null && !value.isBlank())
        .map(String::strip)
        .findFirst()
        .orElse(null);
  }

  private static ProxyOptions parse(String text) {
    try {
      URI proxy = new URI(text.contains("://") ? text : "http://" + text);
      if (proxy.getScheme().equalsIgnoreCase("http")
          && proxy.getHost() != null
          && proxy.getPort() <= 65_535
          && proxy.getRawPath().matches("/?")
          && proxy.getRawQuery() == null) {
        ProxyOptions options =
            new ProxyOptions()
                .setType(ProxyType.HTTP)
                .setHost(host(proxy))
                .setPort(proxy.getPort() < 0 ? 80 : proxy.getPort());
        if (proxy.getRawUserInfo() != null) {
          String[] credentials = proxy.getRawUserInfo().split(":", 2);
          options.setUsername(decode(credentials[0]));
          options.setPassword(credentials.length == 1 ? "" : decode(credentials[1]));
        }
        return options;
      }
    } catch (URISyntaxException malformed) {
      // refused below
    }
    throw new SettingsException(
        VARIABLE + " must be a proxy such as http://proxy.example.com:3128.");
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static boolean isExempt(URI url, Map<String, String> environment) {
    String host = host(url).toLowerCase(Locale.ROOT);
    int port = url.getPort() < 0 ? 443 : url.getPort();
    String exceptions = value("NO_PROXY", environment);
    return LOOPBACK.matcher(host).matches()
        || exceptions != null
            && Stream.of(exceptions.toLowerCase(Locale.ROOT).split("[,\\s]+"))
                .anyMatch(exception -> isFor(exception, host, port));
  }

  /** An exception is an address, a network, a name with all names below it, or {@code *}. */
  private static boolean isFor(String exception, String host, int port) {
    Matcher network = NETWORK.matcher(exception);
    if (network.matches()) {
      return isAddress(host) && isAddress(network.group(1)) && isIn(network, host);
    }
    Matcher parts = HOST_AND_PORT.matcher(exception);
    boolean hasPort = !NetUtil.isValidIpV6Address(exception) && parts.matches();
    String name = (hasPort ? parts.group(1) : exception).replaceFirst("^\\*?\\.", "");
    boolean isPort = !hasPort || parts.group(2) == null || Integer.parseInt(parts.group(2)) == port;
    return name.equals("*")
        || isPort && !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
  }

  private static boolean isIn(Matcher network, String host) {
    try {
      return new IpSubnetFilterRule(
              network.group(1), Integer.parseInt(network.group(2)), IpFilterRuleType.ACCEPT)
          .matches(new InetSocketAddress(host, 0));
    } catch (IllegalArgumentException noNetwork) {
      return false;
    }
  }

  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  /** An IPv6 address without its brackets. */
  static String host(URI url) {
    return url.getHost().replaceAll("[\\[\\]]", "");
  }

  private HttpsProxy() {}
}
