package dev.taskward;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A server with a JWKS at {@code /jwks}, which fails in the way that a test chooses. */
public class Issuer {

  /** Responds to one request. */
  public interface Answer {
    void to(HttpExchange request) throws IOException, InterruptedException;
  }

  private static final String STORE_PASSWORD = "changeit";

  private final AtomicInteger requests = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private volatile Answer answer = json("{\"keys\": []}");

  /** Opens a port on this machine and returns the URL of the JWKS. */
  public String open() {
    try {
      serve(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "http://localhost:" + server.getAddress().getPort() + "/jwks";
  }

  /**
   * Opens a port with TLS on this machine.
   *
   * @param hosts the names in the certificate, separated by commas
   * @param certificate the file that the self-signed certificate is written to
   * @return the port
   */
  public int openTls(String hosts, Path certificate) {
    try {
      String store = certificate + ".p12";
      String names = hosts.replace(",", ",dns:");
      keytool(store, "-genkeypair -keyalg EC -dname CN=issuer -ext SAN=dns:" + names);
      char[] password = STORE_PASSWORD.toCharArray();
      KeyStore own = KeyStore.getInstance(new File(store), password);
      byte[] encoded = own.getCertificate("issuer").getEncoded();
      String body = Base64.getMimeEncoder().encodeToString(encoded);
      Files.writeString(
          certificate, "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n");
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, password);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(keys.getKeyManagers(), null, null);
      HttpsServer bound =
          HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      bound.setHttpsConfigurator(new HttpsConfigurator(tls));
      serve(bound);
      return bound.getAddress().getPort();
    } catch (GeneralSecurityException | IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void keytool(String store, String options)
      throws IOException, InterruptedException {
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    List<String> command = new ArrayList<>(List.of(keytool));
    command.addAll(List.of(options.split(" ")));
    command.addAll(List.of("-keystore", store, "-storepass", STORE_PASSWORD, "-alias", "issuer"));
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IllegalStateException(options);
    }
  }

  /** Serves from this server, with or without TLS. */
  public void serve(HttpServer bound) {
    server = bound;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public void stop() {
    if (server != null) {
      server.stop(0);
    }
    threads.shutdownNow();
  }

  /** The number of requests for the JWKS. */
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

  /** Accepts the connection and sends nothing. */
  public static Answer silence() {
    return request -> Thread.sleep(20_000);
  }

  public static Answer hangUp() {
    return HttpExchange::close;
  }

  /** Sends a byte of white space every 100 ms, so that the connection is never idle. */
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
