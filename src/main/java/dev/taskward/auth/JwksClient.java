package dev.taskward.auth;

import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Fetches a JWKS in at most {@value #TIMEOUT_MILLIS} ms and {@value #MAX_BYTES} bytes. It follows
 * no redirect, uses the {@link HttpsProxy}, and tries all addresses of a name. jose4j's {@code Get}
 * blocks its thread, has no limit for the whole fetch, follows redirects and tries one address.
 */
@Singleton
class JwksClient {

  private static final int TIMEOUT_MILLIS = 1_500;
  private static final int MAX_BYTES = 256 * 1024;

  /** The TLS configuration (quarkus.tls.jwks…) for an issuer with a CA of its own. */
  private static final String TLS_CONFIGURATION = "jwks";

  private final Vertx vertx;
  private final TlsConfigurationRegistry tls;
  private final Map<String, String> environment;

  /** Resolves names, because a DNS server that does not respond blocks the thread. */
  private final WorkerExecutor names;

  @Inject
  JwksClient(Vertx vertx, TlsConfigurationRegistry tls) {
    this(vertx, tls, System.getenv());
  }

  JwksClient(Vertx vertx, TlsConfigurationRegistry tls, Map<String, String> environment) {
    this.vertx = vertx;
    this.tls = tls;
    this.environment = environment;
    this.names = vertx.createSharedWorkerExecutor("jwks-names", 1);
  }

  Future<VerificationKeys> fetch(String location) {
    URI url = URI.create(location);
    Optional<ProxyOptions> proxy = HttpsProxy.of(url, environment);
    String host = proxy.map(ProxyOptions::getHost).orElseGet(() -> HttpsProxy.host(url));
    HttpClientOptions options = new HttpClientOptions().setKeepAlive(false);
    tls.get(TLS_CONFIGURATION).ifPresent(trust -> TlsConfigUtils.configure(options, trust));
    // Each fetch has its own client: closing it ends the fetch in every state.
    HttpClient client = vertx.createHttpClient(options);
    return names
        .executeBlocking(() -> addresses(host), false)
        .compose(addresses -> request(client, url, proxy, addresses))
        .compose(HttpClientRequest::send)
        .compose(JwksClient::body)
        .map(body -> VerificationKeys.parse(body.toString()))
        .timeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
        .onComplete(ended -> client.close());
  }

  /** Localhost has two addresses (RFC 6761, 6.3), also where the hosts file has one. */
  private static InetAddress[] addresses(String host) throws UnknownHostException {
    return host.equalsIgnoreCase("localhost")
        ? new InetAddress[] {InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1")}
        : InetAddress.getAllByName(host);
  }

  /** Vert.x would try the first address only. Each address gets an equal part of the time. */
  private static Future<HttpClientRequest> request(
      HttpClient client, URI url, Optional<ProxyOptions> proxy, InetAddress[] addresses) {
    Future<HttpClientRequest> request = Future.failedFuture("no address");
    for (InetAddress address : addresses) {
      RequestOptions options =
          new RequestOptions()
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
    if (response.statusCode() != 200) {
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
