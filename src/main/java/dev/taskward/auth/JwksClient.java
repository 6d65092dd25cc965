package dev.taskward.auth;

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
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Fetches a JWKS from a server that is not trusted to be quick, small or sane: in {@value
 * #TIMEOUT_MILLIS} ms and {@value #MAX_BYTES} bytes at most, and from nowhere else than where the
 * operator said, by the {@link HttpsProxy} if there is one. All addresses of a name are tried.
 */
@ApplicationScoped
class JwksClient {

  private static final int TIMEOUT_MILLIS = 1_500;
  private static final int MAX_BYTES = 256 * 1024;

  /** The name of the TLS configuration (quarkus.tls.jwks…) for an issuer with a CA of its own. */
  private static final String TLS_CONFIGURATION = "jwks";

  private final Vertx vertx;
  private final TlsConfigurationRegistry tls;

  /** Of its own: a DNS that does not answer holds it, and no thread that requests need. */
  private final ExecutorService names =
      Executors.newSingleThreadExecutor(
          lookup -> {
            Thread thread = new Thread(lookup, "jwks-names");
            thread.setDaemon(true);
            return thread;
          });

  JwksClient(Vertx vertx, TlsConfigurationRegistry tls) {
    this.vertx = vertx;
    this.tls = tls;
  }

  @PreDestroy
  void stop() {
    names.shutdownNow();
  }

  Future<VerificationKeys> fetch(String location) {
    URI url = URI.create(location);
    Optional<ProxyOptions> proxy = HttpsProxy.of(url, System.getenv());
    String first = proxy.map(ProxyOptions::getHost).orElseGet(() -> HttpsProxy.host(url));
    HttpClientOptions options = new HttpClientOptions().setKeepAlive(false);
    tls.get(TLS_CONFIGURATION).ifPresent(trust -> TlsConfigUtils.configure(options, trust));
    HttpClient client = vertx.createHttpClient(options);
    return addresses(first)
        .compose(all -> request(client, url, proxy, all))
        .compose(HttpClientRequest::send)
        .compose(JwksClient::body)
        .map(body -> VerificationKeys.parse(body.toString()))
        .timeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
        // A client for each fetch, so that this ends whatever hangs; there are few fetches.
        .onComplete(ended -> client.close());
  }

  /** Vert.x would find one. This machine has two, whatever its hosts file says (RFC 6761, 6.3). */
  private Future<InetAddress[]> addresses(String host) {
    CompletableFuture<InetAddress[]> found =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return host.equalsIgnoreCase("localhost")
                    ? new InetAddress[] {
                      InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1")
                    }
                    : InetAddress.getAllByName(host);
              } catch (UnknownHostException e) {
                throw new UncheckedIOException("unknown host " + host, e);
              }
            },
            names);
    return Future.fromCompletionStage(found, vertx.getOrCreateContext());
  }

  /** By the first address that accepts a connection; each has its part of the time. */
  private static Future<HttpClientRequest> request(
      HttpClient client, URI url, Optional<ProxyOptions> proxy, InetAddress[] addresses) {
    Future<HttpClientRequest> request = Future.failedFuture("no address");
    for (InetAddress address : addresses) {
      RequestOptions options =
          new RequestOptions()
              .setMethod(HttpMethod.GET)
              .setAbsoluteURI(url.toString())
              .setConnectTimeout(TIMEOUT_MILLIS / addresses.length);
      String ip = address.getHostAddress();
      if (proxy.isPresent()) {
        options.setProxyOptions(new ProxyOptions(proxy.get()).setHost(ip));
      } else {
        options.setServer(SocketAddress.inetSocketAddress(options.getPort(), ip));
      }
      request = request.recover(failure -> client.request(options));
    }
    return request;
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
