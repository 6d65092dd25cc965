package dev.taskward.protocol;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.proxy.PublicUrl;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;

/**
 * Refuses heads that RFC 9112 does not allow, before any other check. A proxy may see one request
 * in them where the service sees two.
 */
@Singleton
public final class RequestFraming implements RequestFilters {

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(Stage.FRAMING, RequestFraming::check);
  }

  /** Disables the URI check of Vert.x, which responds with a bare status before any filter. */
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
            && PublicUrl.isHost(PublicUrl.authority(context))
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
}
