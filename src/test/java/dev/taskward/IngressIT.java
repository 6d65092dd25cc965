package dev.taskward;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two instances behind Debian's nginx with docs/nginx.conf: TLS and a path prefix. */
@Tag("system")
class IngressIT {

  private static final Pattern NEXT = Pattern.compile("<(.*)>; rel=\"next\"");
  private static final String PASSWORD = "changeit";

  @TempDir static Path folder;

  private static EmbeddedPostgres postgres;
  private static final List<Map<String, String>> SETTINGS = new ArrayList<>();
  private static final List<PackagedApplication.Running> INSTANCES = new ArrayList<>();
  private static Process nginx;
  private static String outside;
  private static KeyStore trusted;

  final User alice = User.fresh();

  @BeforeAll
  static void start() throws Exception {
    Path program =
        Stream.of("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx")
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(program != null, "nginx is not installed");
    postgres = EmbeddedPostgres.start();
    for (int i = 0; i < 2; i++) {
      SETTINGS.add(
          Map.of(
              "DATABASE_URL",
              "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres",
              "BETTER_AUTH_SECRET",
              Tokens.SECRET,
              "TASKWARD_PROXY_TRUSTED",
              "127.0.0.1",
              "TASKWARD_MCP",
              "true",
              "TASKWARD_PUBLIC_URL",
              "https://taskward.example.com/tasks-api",
              "QUARKUS_SHUTDOWN_DELAY",
              "5S",
              "QUARKUS_HTTP_PORT",
              Integer.toString(PackagedApplication.freePort())));
    }
    for (Map<String, String> settings : SETTINGS) {
      INSTANCES.add(new PackagedApplication.Running(settings));
    }
    int port = PackagedApplication.freePort();
    outside = "https://localhost:" + port + "/tasks-api";
    makeCertificate();
    nginx =
        new ProcessBuilder(program.toString(), "-c", configuration(port).toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("nginx.log").toFile())
            .start();
    await(() -> accepts(port));
  }

  @AfterAll
  static void stop() throws Exception {
    if (nginx != null) {
      nginx.destroy();
      nginx.waitFor();
    }
    for (PackagedApplication.Running instance : INSTANCES) {
      instance.close();
    }
    if (postgres != null) {
      postgres.close();
    }
  }

  private static void makeCertificate() throws Exception {
    Path store = folder.resolve("taskward.p12");
    run(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "taskward",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        PASSWORD);
    KeyStore pair = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    java.security.cert.Certificate certificate = pair.getCertificate("taskward");
    trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("taskward", certificate);
    pem("taskward.crt", "CERTIFICATE", certificate.getEncoded());
    pem(
        "taskward.key",
        "PRIVATE KEY",
        pair.getKey("taskward", PASSWORD.toCharArray()).getEncoded());
  }

  private static void pem(String file, String label, byte[] bytes) throws Exception {
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(label, java.util.Base64.getMimeEncoder().encodeToString(bytes), label));
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
  }

  /**
   * Writes the documented file with the addresses of this test, inside the blocks of Debian's
   * nginx.conf. It compresses everything, as some installations do.
   */
  private static Path configuration(int port) throws Exception {
    String documented = Files.readString(Path.of("docs/nginx.conf"));
    Map<String, String> addresses =
        Map.of(
            "127.0.0.1:8081", "127.0.0.1:" + SETTINGS.get(0).get("QUARKUS_HTTP_PORT"),
            "127.0.0.1:8082", "127.0.0.1:" + SETTINGS.get(1).get("QUARKUS_HTTP_PORT"),
            "listen 443 ssl", "listen 127.0.0.1:" + port + " ssl",
            "taskward.example.com", "localhost",
            "/etc/nginx/taskward", folder.resolve("taskward").toString());
    for (Map.Entry<String, String> entry : addresses.entrySet()) {
      assertTrue(documented.contains(entry.getKey()), entry.getKey());
      documented = documented.replace(entry.getKey(), entry.getValue());
    }
    StringBuilder http = new StringBuilder();
    for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      http.append("%s_temp_path %s;\n".formatted(kind, folder.resolve(kind)));
    }
    return Files.writeString(
        folder.resolve("nginx.conf"),
        """
        daemon off;
        pid %s;
        error_log stderr;
        events {}
        http {
        access_log off;
        client_body_buffer_size 1m;
        gzip on;
        gzip_min_length 1;
        gzip_proxied any;
        gzip_types *;
        %s
        %s
        }
        """
            .formatted(folder.resolve("nginx.pid"), http, documented));
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket("localhost", port)) {
      return socket.isConnected();
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < end, "not within 30 s");
      Thread.sleep(50);
    }
  }

  @Test
  void returnedUrlsLeadThroughNginx() throws Exception {
    List<Integer> created = new ArrayList<>();
    for (String path : List.of("/api/v1/tasks", "/api/tasks", "/api/v1/tasks")) {
      Response answer =
          as(alice)
              .header("Idempotency-Key", UUID.randomUUID())
              .header("X-Forwarded-Prefix", "/elsewhere")
              .header("X-Forwarded-Host", "elsewhere.example.com")
              .contentType("application/json")
              .body("{}")
              .post(outside + path);
      int id = answer.then().statusCode(201).extract().path("id");
      created.add(0, id);

      assertEquals(outside + "/api/v1/tasks/" + id, answer.header("Location"));
      assertEquals(id, (int) as(alice).get(answer.header("Location")).path("id"));
      as(User.fresh()).get(answer.header("Location")).then().statusCode(403);
    }

    List<Integer> listed = new ArrayList<>();
    String next = outside + "/api/v1/tasks?limit=1";
    while (next != null) {
      Response page = as(alice).urlEncodingEnabled(false).get(next);
      listed.addAll(page.then().statusCode(200).extract().<List<Integer>>path("id"));
      Matcher link = NEXT.matcher(String.valueOf(page.header("Link")));
      next = link.matches() ? link.group(1) : null;
      assertTrue(next == null || next.startsWith(outside + "/api/v1/tasks?limit=1&cursor="), next);
    }
    assertEquals(created, listed);
  }

  /** nginx reuses its connections, so the next client's request comes over the same ones. */
  /** The instances answer in turn, and know nothing of each other's clients. */
  @Test
  void agentsAndTheirMetadataPassNginx() {
    for (int i = 0; i < 4; i++) {
      as(alice)
          .contentType("application/json")
          .header("Mcp-Session-Id", "of one instance")
          .body("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}")
          .post(outside + "/mcp")
          .then()
          .statusCode(200)
          .body("result.tools.size()", equalTo(5));
    }
    String url =
        RestAssured.given()
            .trustStore(trusted)
            .post(outside + "/mcp")
            .then()
            .statusCode(401)
            .extract()
            .header("WWW-Authenticate")
            .replaceAll(".*resource_metadata=\"(.*)\"", "$1");
    assertEquals(
        "https://taskward.example.com/.well-known/oauth-protected-resource/tasks-api/mcp", url);
    RestAssured.given()
        .trustStore(trusted)
        .get(outside.replace("/tasks-api", "") + URI.create(url).getPath())
        .then()
        .statusCode(200)
        .body("resource", equalTo("https://taskward.example.com/tasks-api/mcp"));
  }

  @Test
  void anUnreadBodyDelaysNoOtherClient() {
    byte[] body = new byte[60_000];
    for (int i = 0; i < 4; i++) {
      for (RequestSpecification sender :
          List.of(as(User.fresh()), RestAssured.given().trustStore(trusted))) {
        int status =
            sender
                .header("Content-Encoding", "br")
                .contentType("application/json")
                .body(body)
                .post(outside + User.TASKS)
                .statusCode();
        assertTrue(List.of(401, 415).contains(status), "status " + status);
        as(alice).get(outside + User.TASKS).then().statusCode(200).time(lessThan(3_000L));
      }
    }
  }

  /** nginx weakens entity tags (W/"1") when it compresses, and weak tags never match If-Match. */
  @Test
  void theReturnedEntityTagWorksInIfMatch() {
    String created =
        as(alice)
            .contentType("application/json")
            .body("{}")
            .post(outside + User.TASKS)
            .then()
            .statusCode(201)
            .header("ETag", "\"1\"")
            .extract()
            .header("Location");
    String tag =
        as(alice)
            .header("Accept-Encoding", "gzip")
            .get(created)
            .then()
            .statusCode(200)
            .extract()
            .header("ETag");

    as(alice)
        .header("If-Match", tag)
        .contentType("application/json")
        .body("{\"title\": \"Changed\"}")
        .put(created)
        .then()
        .statusCode(200)
        .header("ETag", "\"2\"");
  }

  /** nginx must neither collect the events nor compress them. */
  @Test
  void aStreamPassesNginxEventByEvent() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(outside + User.TASKS + "/changes?since=now"))
            .header("Accept", "text/event-stream")
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .build();
    HttpResponse<Stream<String>> stream = client().send(request, BodyHandlers.ofLines());
    Iterator<String> lines = stream.body().iterator();
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          awaitLine("event:up-to-date", lines);
          as(alice).contentType("application/json").body("{}").post(outside + User.TASKS);
          awaitLine("event:task", lines);
        });
    stream.body().close();
  }

  private static void awaitLine(String expected, Iterator<String> lines) {
    while (!lines.next().equals(expected)) {
      // another one
    }
  }

  /** Each instance gets SIGTERM, becomes unready, ends, and is replaced. */
  @Test
  void aRollingRestartUnderLoadFailsNoRequest() throws Exception {
    Load load = new Load();
    List<Future<Void>> clients = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (int i = 0; i < 4; i++) {
        clients.add(threads.submit(load));
      }
      await(() -> load.answers() > 50);
      for (int i = 0; i < 2; i++) {
        int before = load.answers();
        PackagedApplication.Running instance = INSTANCES.get(i);
        assertEquals(200, ready(instance).statusCode());
        instance.terminate();
        await(() -> ready(instance).statusCode() == 503);
        Response answer = as(alice).get(instance.url(User.TASKS));
        assertEquals(200, answer.statusCode(), "unready, but still serving");
        assertEquals("close", answer.header("Connection"));
        instance.stop();
        await(() -> load.answers() > before + 50);
        INSTANCES.set(i, new PackagedApplication.Running(SETTINGS.get(i)));
        int after = load.answers();
        await(() -> load.answers() > after + 50);
      }
    } finally {
      load.stopped = true;
      threads.shutdown();
    }
    for (Future<Void> client : clients) {
      client.get(60, TimeUnit.SECONDS);
    }

    System.out.println("Responses during the rolling restart: " + load.statuses);
    assertEquals(
        java.util.Set.of("GET 200", "POST 201"), load.statuses.keySet(), load.statuses.toString());
    String total = as(alice).get(outside + "/api/v1/tasks?count=true").header("Total-Count");
    assertEquals(
        load.statuses.get("POST 201").get(), Integer.parseInt(total), "one effect per POST");
  }

  private static Response ready(PackagedApplication.Running instance) {
    return RestAssured.get(instance.managementUrl("/q/health/ready"));
  }

  /** A client that reads and creates in turn, over persistent connections. */
  private final class Load implements java.util.concurrent.Callable<Void> {

    final Map<String, AtomicInteger> statuses = new ConcurrentHashMap<>();
    private final HttpClient client = client();
    volatile boolean stopped;

    int answers() {
      return statuses.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    @Override
    public Void call() throws InterruptedException {
      while (!stopped) {
        Thread.sleep(20); // leaves CPU time to the service
        send(request().GET().build());
        send(
            request()
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofString("{}"))
                .build());
      }
      return null;
    }

    private HttpRequest.Builder request() {
      return HttpRequest.newBuilder(URI.create(outside + User.TASKS))
          .timeout(Duration.ofSeconds(30))
          .header("Authorization", "Bearer " + Tokens.token(alice.name()));
    }

    private void send(HttpRequest request) {
      String outcome;
      try {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        outcome = Integer.toString(answer.statusCode());
      } catch (java.io.IOException | InterruptedException e) {
        outcome = e.toString();
      }
      statuses
          .computeIfAbsent(request.method() + " " + outcome, name -> new AtomicInteger())
          .incrementAndGet();
    }
  }

  private static HttpClient client() {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, trust.getTrustManagers(), null);
      return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build();
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RequestSpecification as(User user) {
    return user.authorized().trustStore(trusted);
  }
}
