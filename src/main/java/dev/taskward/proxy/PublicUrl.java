package dev.taskward.proxy;

import dev.taskward.config.TaskwardConfig;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The URL that the client sees: that of the request, or the one that a trusted proxy reports. */
public final class PublicUrl {

  private static final String KEY = PublicUrl.class.getName();

  private static final int PORT_MAX = 65_535;

  // Other values are no part of a URL, or another part.
  private static final Pattern PROTO = Pattern.compile("(?i)https?");
  private static final Pattern HOST =
      Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
  private static final Pattern PREFIX = Pattern.compile("/?(?:[A-Za-z0-9._~-]+/?)*+");

  /** RFC 9112, 3.2.2. */
  private static final Pattern ABSOLUTE_FORM =
      Pattern.compile("https?://([^/?#]*).*", Pattern.CASE_INSENSITIVE);

  /**
   * @param origin scheme, host, and the port unless it is the scheme's default
   * @param prefix the path prefix that the proxy removed; empty if none
   */
  private record Forwarded(String origin, String prefix) {}

  /** The URL without its query; for an alias, that of the newest version. */
  public static String of(UriInfo uri, RoutingContext request) {
    Forwarded forwarded = request.get(KEY);
    String path = uri.getRequestUri().getRawPath();
    return origin(request) + (forwarded == null ? path : forwarded.prefix + path);
  }

  public static String origin(RoutingContext request) {
    Forwarded forwarded = request.get(KEY);
    HttpServerRequest sent = request.request();
    return forwarded == null ? sent.scheme() + "://" + authority(request) : forwarded.origin;
  }

  /** The origin of {@code TASKWARD_PUBLIC_URL} (RFC 6454, 6.1); empty if it is not set. */
  public static Optional<String> origin(TaskwardConfig config) {
    return config
        .publicUrl()
        .map(url -> URI.create(url.strip()))
        .map(url -> (url.getScheme() + "://" + url.getRawAuthority()).toLowerCase(Locale.ROOT));
  }

  /** The authority of the target URI (RFC 9112, 3.3): of the target, else of {@code Host}. */
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

  /** Whether a URL can have this host. Vert.x accepts any text in brackets. */
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
   * Reads the {@code X-Forwarded} headers of a trusted proxy; the first value of each counts.
   *
   * @return false if they form no URL
   */
  static boolean readForwarded(RoutingContext request) {
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
    int number = host == null && proto != null ? -1 : to.port(); // Host has an inner port
    if (port != null) {
      number = Integer.parseInt(port);
    }
    if (number == 0 || number > PORT_MAX) {
      return false;
    }
    boolean isDefaultPort = number < 0 || number == (scheme.equals("https") ? 443 : 80);
    String name = to.host().toLowerCase(Locale.ROOT); // as browsers write it in Origin
    String origin = scheme + "://" + name + (isDefaultPort ? "" : ":" + number);
    request.put(KEY, new Forwarded(origin, prefix == null ? "" : path(prefix)));
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
