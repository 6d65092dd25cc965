package dev.taskward;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that has a JWKS at {@code /jwks}, and serves it as well or as badly as a test wants. */
public class Issuer implements QuarkusTestResourceLifecycleManager {

  /** How one request is answered. */
  public interface Answer {
    void to(HttpExchange request) throws IOException, InterruptedException;
  }

  private static Issuer started;

  private final AtomicInteger requests = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private volatile Answer answer = json("{\"keys\": []}");

  /** The one that the annotated test started. */
  public static Issuer started() {
    return started;
  }

  @Override
  public Map<String, String> start() {
    started = this;
    return Map.of("mp.jwt.verify.publickey.location", open());
  }

  /** Opens a port on this machine and tells the URL of the JWKS. */
  public String open() {
    try {
      serve(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "http://localhost:" + server.getAddress().getPort() + "/jwks";
  }

  /** Serves from this server, plain or TLS. */
  public void serve(HttpServer bound) {
    server = bound;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  @Override
  public void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** How often the JWKS was asked for. */
  public int requests() {
    return requests.get();
  }

  public void answers(Answer how) {
    answer = how;
  }

  public void publishes(SigningKey... keys) {
    answers(json(jwks(keys)));
  }

  public static String jwks(SigningKey... keys) {
    JsonArray list = new JsonArray();
    Arrays.stream(keys).map(SigningKey::jwk).forEach(list::add);
    return JsonObject.of("keys", list).encode();
  }

  public static Answer json(String body) {
    return request -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      request.getResponseHeaders().add("Content-Type", "application/json");
      request.sendResponseHeaders(200, bytes.length);
      request.getResponseBody().write(bytes);
    };
  }

  public static Answer status(int status) {
    return request -> request.sendResponseHeaders(status, -1);
  }

  public static Answer redirect(String location) {
    return request -> {
      request.getResponseHeaders().add("Location", location);
      request.sendResponseHeaders(302, -1);
    };
  }

  /** Accepts the connection and says nothing. */
  public static Answer silence() {
    return request -> Thread.sleep(20_000);
  }

  public static Answer hangUp() {
    return HttpExchange::close;
  }

  /** A byte of white space now and then: never idle, never done. */
  public static Answer trickle() {
    return request -> {
      request.sendResponseHeaders(200, 0);
      OutputStream body = request.getResponseBody();
      for (int i = 0; i < 200; i++) {
        body.write(' ');
        body.flush();
        Thread.sleep(100);
      }
    };
  }

  /** These keys, after a megabyte of white space. */
  public static Answer huge(SigningKey... keys) {
    return json(" ".repeat(1_000_000) + jwks(keys));
  }

  private void handle(HttpExchange request) throws IOException {
    try (request) {
      if (request.getRequestURI().getPath().equals("/jwks")) {
        requests.incrementAndGet();
        answer.to(request);
      } else {
        request.sendResponseHeaders(404, -1);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
