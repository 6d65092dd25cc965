package dev.taskward.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses heads that RFC 9112 does not allow, before anything else: a proxy may read them
 * differently, and see one request where the service sees two.
 */
public final class RequestFraming {

  /** RFC 9112, 3.2.2. */
  private static final Pattern ABSOLUTE_FORM =
      Pattern.compile("https?://([^/?#]*).*", Pattern.CASE_INSENSITIVE);

  void register(@Observes Filters filters) {
    filters.register(RequestFraming::check, FilterOrder.FRAMING);
  }

  /** Quarkus would refuse a target that is no URI before any filter, with a bare status. */
  public static void checkUris() {
    System.setProperty("vertx.disableURIValidation", "true");
  }

  private static void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    MultiMap headers = request.headers();
    String coding = headers.get(HttpHeaders.TRANSFER_ENCODING);
    boolean sound =
        request.version() != null // HTTP/1.0 or HTTP/1.1, in upper case
            && isUri(request.path())
            && !headers.contains("")
            && headers.getAll(HttpHeaders.HOST).size() == 1
            && PublicUrl.isHost(request.authority())
            && PublicUrl.isHost(authority(context))
            && headers.getAll(HttpHeaders.TRANSFER_ENCODING).size() <= 1
            && (coding == null || coding.equalsIgnoreCase("chunked"));
    if (sound) {
      context.next();
    } else {
      context.fail(400);
    }
  }

  static boolean isUri(String target) {
    try {
      return new URI(target).toASCIIString().equals(target);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Host and port of the target URI (RFC 9112, 3.3): of the target, else of {@code Host}. */
  static HostAndPort authority(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (!request.uri().startsWith("/")) {
      Matcher absolute = ABSOLUTE_FORM.matcher(request.uri());
      if (absolute.matches()) {
        return HostAndPort.parseAuthority(absolute.group(1), -1);
      }
    }
    return request.authority();
  }
}
