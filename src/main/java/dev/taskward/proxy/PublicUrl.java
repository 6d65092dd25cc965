package dev.taskward.proxy;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The URL to which a client sent his request, as far as he can tell: that of the request, or, where
 * a trusted proxy sent it on, the one that the proxy says.
 */
public final class PublicUrl {

  private static final String KEY = PublicUrl.class.getName();

  private static final int PORT_MAX = 65_535;

  // Everything else could be no part of a URL, or of another one.
  private static final Pattern PROTO = Pattern.compile("(?i)https?");
  private static final Pattern HOST =
      Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
  private static final Pattern PREFIX = Pattern.compile("/?(?:[A-Za-z0-9._~-]+/?)*+");

  /** RFC 9112, 3.2.2. */
  private static final Pattern ABSOLUTE_FORM =
      Pattern.compile("https?://([^/?#]*).*", Pattern.CASE_INSENSITIVE);

  /**
   * @param origin scheme, host, and the port unless it is the scheme's own
   * @param prefix the path that the proxy took away in front; empty if none
   */
  private record Told(String origin, String prefix) {}

  /** The URL without its query, of the newest version if JAX-RS was given that. */
  public static String of(UriInfo uri, RoutingContext request) {
    Told told = request.get(KEY);
    String path = uri.getRequestUri().getRawPath();
    return origin(request) + (told == null ? path : told.prefix + path);
  }

  public static String origin(RoutingContext request) {
    Told told = request.get(KEY);
    HttpServerRequest sent = request.request();
    return told == null ? sent.scheme() + "://" + authority(request) : told.origin;
  }

  /** Host and port of the target URI (RFC 9112, 3.3): of the target, else of {@code Host}. */
  public static HostAndPort authority(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (!request.uri().startsWith("/")) {
      Matcher absolute = ABSOLUTE_FORM.matcher(request.uri());
      if (absolute.matches()) {
        return HostAndPort.parseAuthority(absolute.group(1), -1);
      }
    }
    return request.authority();
  }

  /** Whether a URL can have this host; Vert.x takes any text in brackets for an address. */
  public static boolean isHost(HostAndPort authority) {
    return authority != null
        && !authority.host().isEmpty()
        && authority.port() != 0
        && (authority.host().charAt(0) != '[' || isAddress(authority.host()));
  }

  private static boolean isAddress(String host) {
    try {
      return URI.create("http://" + host).getHost() != null;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  /**
   * Takes the word of the proxy that sent this request. Of several the first counts.
   *
   * @return false if that is no URL
   */
  static boolean believe(RoutingContext request) {
    HttpServerRequest sent = request.request();
    String proto = first("X-Forwarded-Proto", sent);
    String host = first("X-Forwarded-Host", sent);
    String port = first("X-Forwarded-Port", sent);
    String prefix = first("X-Forwarded-Prefix", sent);
    if (!(isA(PROTO, proto) && isA(HOST, host) && isA(PORT, port) && isA(PREFIX, prefix))) {
      return false;
    }
    String scheme = proto == null ? sent.scheme() : proto.toLowerCase(Locale.ROOT);
    HostAndPort to = host == null ? authority(request) : HostAndPort.parseAuthority(host, -1);
    if (!isHost(to)) {
      return false;
    }
    int number = host == null && proto != null ? -1 : to.port(); // not of the hop behind it
    if (port != null) {
      number = Integer.parseInt(port);
    }
    if (number == 0 || number > PORT_MAX) {
      return false;
    }
    boolean isOwn = number < 0 || number == (scheme.equals("https") ? 443 : 80);
    String name = to.host().toLowerCase(Locale.ROOT); // as browsers write it in Origin
    String origin = scheme + "://" + name + (isOwn ? "" : ":" + number);
    request.put(KEY, new Told(origin, prefix == null ? "" : path(prefix)));
    return true;
  }

  /** The first value of a header that is not empty (RFC 9110, 5.6.1); null if there is none. */
  private static String first(String header, HttpServerRequest sent) {
    return sent.headers().getAll(header).stream()
        .flatMap(line -> Arrays.stream(line.split(",")))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElse(null);
  }

  private static boolean isA(Pattern form, String value) {
    return value == null || form.matcher(value).matches();
  }

  private static String path(String prefix) {
    String path = prefix.replaceAll("^/|/$", "");
    return path.isEmpty() ? "" : "/" + path;
  }

  private PublicUrl() {}
}
