package dev.taskward.caller;

import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.TimeUnit;

/**
 * Fetches a JWKS from a server that is not trusted to be quick, small or sane: in {@value
 * #TIMEOUT_MILLIS} ms and {@value #MAX_BYTES} bytes at most, and from nowhere else than where the
 * operator said.
 */
@ApplicationScoped
class RemoteKeys {

  private static final int TIMEOUT_MILLIS = 1_500;
  private static final int MAX_BYTES = 256 * 1024;

  /** The name of the TLS configuration (quarkus.tls.jwks…) for an issuer with a CA of its own. */
  private static final String TLS_CONFIGURATION = "jwks";

  private final Vertx vertx;
  private final TlsConfigurationRegistry tls;

  RemoteKeys(Vertx vertx, TlsConfigurationRegistry tls) {
    this.vertx = vertx;
    this.tls = tls;
  }

  Future<VerificationKeys> fetch(String url) {
    HttpClientOptions options = new HttpClientOptions().setKeepAlive(false);
    tls.get(TLS_CONFIGURATION).ifPresent(trust -> TlsConfigUtils.configure(options, trust));
    HttpClient client = vertx.createHttpClient(options);
    return client
        .request(new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(url))
        .compose(HttpClientRequest::send)
        .compose(RemoteKeys::body)
        .map(body -> VerificationKeys.parse(body.toString()))
        .timeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
        // A client for each fetch, so that this ends whatever hangs; there are few fetches.
        .onComplete(ended -> client.close());
  }

  private static Future<Buffer> body(HttpClientResponse response) {
    if (response.statusCode() != 200) { // a redirect too: it is not followed
      return Future.failedFuture("status " + response.statusCode());
    }
    Promise<Buffer> body = Promise.promise();
    Buffer received = Buffer.buffer();
    response.exceptionHandler(body::tryFail);
    response.endHandler(end -> body.tryComplete(received));
    response.handler(
        bytes -> {
          if (received.length() + bytes.length() > MAX_BYTES) {
            body.tryFail("more than " + MAX_BYTES + " bytes");
          } else {
            received.appendBuffer(bytes);
          }
        });
    return body.future();
  }
}
