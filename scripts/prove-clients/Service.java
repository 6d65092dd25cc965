import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Runs instances of the packaged service on the PostgreSQL of the tests until standard input ends.
 * {@code java Service.java LOGFILE [INSTANCES]} prints a line for each instance: its address, its
 * process ID, and the tokens of three users. {@code BETTER_AUTH_SECRET} replaces the random secret.
 */
class Service {

  public static void main(String... args) throws Exception {
    String secret =
        System.getenv().getOrDefault("BETTER_AUTH_SECRET", UUID.randomUUID().toString());
    List<Process> instances = new ArrayList<>();
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      for (int i = 0; i < (args.length > 1 ? Integer.parseInt(args[1]) : 1); i++) {
        int port = freePort();
        int management = freePort();
        Process service = start(postgres.getPort(), port, management, secret, new File(args[0]));
        instances.add(service);
        while (!isReady("http://localhost:" + management)) {
          if (!service.isAlive()) {
            throw new IllegalStateException("the service did not start, see " + args[0]);
          }
          Thread.sleep(200);
        }
        System.out.printf(
            "http://localhost:%d %d %s %s %s%n",
            port, service.pid(), token(secret), token(secret), token(secret));
      }
      while (System.in.read() >= 0) {
        // until the parent process closes the pipe or ends
      }
    } finally {
      instances.forEach(Process::destroy);
      for (Process instance : instances) {
        instance.waitFor();
      }
    }
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Process start(int database, int port, int management, String secret, File log)
      throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    ProcessBuilder builder =
        new ProcessBuilder(java, "-jar", "target/quarkus-app/quarkus-run.jar")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(BETTER_AUTH|MP_JWT|SMALLRYE|TASKWARD|QUARKUS)_.*"));
    builder
        .environment()
        .put("DATABASE_URL", "postgresql://postgres@localhost:" + database + "/postgres");
    builder.environment().put("BETTER_AUTH_SECRET", secret);
    builder.environment().put("QUARKUS_HTTP_HOST", "localhost");
    builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
    builder.environment().put("QUARKUS_MANAGEMENT_PORT", Integer.toString(management));
    return builder.start();
  }

  private static boolean isReady(String url) {
    try {
      HttpURLConnection health =
          (HttpURLConnection) URI.create(url + "/q/health/ready").toURL().openConnection();
      return health.getResponseCode() == 200;
    } catch (java.io.IOException notYet) {
      return false;
    }
  }

  /** An HS256 token for a new subject, valid for an hour. */
  private static String token(String secret) throws Exception {
    String claims =
        "{\"sub\":\"%s\",\"exp\":%d}"
            .formatted(UUID.randomUUID(), Instant.now().plusSeconds(3600).getEpochSecond());
    String unsigned = base64(bytes("{\"alg\":\"HS256\"}")) + "." + base64(bytes(claims));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(bytes(secret), "HmacSHA256"));
    return unsigned + "." + base64(mac.doFinal(bytes(unsigned)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
