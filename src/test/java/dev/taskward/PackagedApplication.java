package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.restassured.specification.RequestSpecification;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.condition.OS;

/** Starts the packaged application, jar or native, as a separate process. */
public final class PackagedApplication {

  static final Path TARGET = Path.of("target");

  private static final Path JAR = TARGET.resolve("quarkus-app/quarkus-run.jar");
  private static final String JAVA = ProcessHandle.current().info().command().orElseThrow();

  /** The JVM option of Quarkus' own integration tests. */
  private static final String JVM_OPTION = System.getProperty("quarkus.test.arg-line");

  private static final Set<Integer> USED_PORTS = ConcurrentHashMap.newKeySet();

  /** The exit code and the output of a process. */
  public record Ended(int code, List<String> lines) {}

  static Process start(Map<String, String> environment) throws IOException {
    return start(command(), environment);
  }

  private static Process start(List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeIf(
            name ->
                name.matches(
                    "DATABASE_URL|BETTER_AUTH.*|(MP|SMALLRYE)_JWT.*|QUARKUS.*|TASKWARD.*|OTEL.*"
                        + "|(?i)(HTTPS|NO)_PROXY"));
    builder.environment().putAll(environment);
    builder.environment().putIfAbsent("QUARKUS_SHUTDOWN_DELAY", "0S");
    builder.environment().putIfAbsent("QUARKUS_MANAGEMENT_PORT", Integer.toString(freePort()));
    return builder.start();
  }

  /** Returns each port only once, since a free port may be offered again. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      int port = socket.getLocalPort();
      return USED_PORTS.add(port) ? port : freePort();
    }
  }

  public static Ended run(Map<String, String> environment)
      throws IOException, InterruptedException {
    return ended(start(environment));
  }

  /** Runs the application and sends SIGTERM when it logs this text. */
  public static Ended stoppedAt(String text, Map<String, String> environment)
      throws IOException, InterruptedException {
    Process process = start(environment);
    List<String> lines = new ArrayList<>();
    BufferedReader output = process.inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.contains(text)) {
        process.toHandle().destroy(); // see terminate()
      }
    }
    return new Ended(process.waitFor(), lines);
  }

  private static Ended ended(Process process) throws InterruptedException {
    List<String> lines = process.inputReader().lines().toList();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Ended(process.waitFor(), lines);
  }

  /** A service that has started and accepts requests. */
  public static final class Running implements AutoCloseable {

    private final Process process;
    private final int port;
    private final int managementPort = freePort();
    private final List<String> log = new ArrayList<>();
    private final Thread rest;

    public Running(Map<String, String> settings) throws IOException {
      this(List.of(), settings, line -> {});
    }

    /**
     * @param launcher a command that starts the service, whose own command is its arguments
     * @param starting gets each line of the log until the service has started
     */
    Running(List<String> launcher, Map<String, String> settings, Consumer<String> starting)
        throws IOException {
      Map<String, String> environment = new HashMap<>(settings);
      environment.putIfAbsent("QUARKUS_HTTP_PORT", Integer.toString(freePort()));
      port = Integer.parseInt(environment.get("QUARKUS_HTTP_PORT"));
      environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(managementPort));
      List<String> command = new ArrayList<>(launcher);
      command.addAll(command());
      process = start(command, environment);
      BufferedReader output = process.inputReader();
      String line = output.readLine();
      while (line != null && !line.contains("Listening on")) {
        log.add(line);
        starting.accept(line);
        line = output.readLine();
      }
      assertNotNull(line, log.toString()); // null if the process ended
      rest = new Thread(() -> output.lines().forEach(log::add)); // a full pipe would block it
      rest.start();
    }

    public String url(String path) {
      return "http://localhost:" + port + path;
    }

    /** The URL of a path on the management port. */
    public String managementUrl(String path) {
      return "http://localhost:" + managementPort + path;
    }

    /** Sends SIGTERM, as Kubernetes does. Process.destroy would also close the output. */
    public void terminate() {
      process.toHandle().destroy();
    }

    /** Sends a signal. {@code STOP} suspends the process until {@code CONT}. */
    public void signal(String name) throws IOException, InterruptedException {
      String[] kill = {"kill", "-" + name, Long.toString(process.pid())};
      assertEquals(0, new ProcessBuilder(kill).start().waitFor());
    }

    /** Stops the service and returns its log. */
    public List<String> stop() throws InterruptedException {
      terminate();
      rest.join();
      assertEquals(OS.WINDOWS.isCurrentOs() ? 1 : 143, process.waitFor());
      return log;
    }

    /**
     * Stops the service and fails if it logged a warning or an error, other than that the machine
     * is busy.
     */
    public void stopWithoutWarning() throws InterruptedException {
      List<String> lines = stop();
      assertFalse(
          lines.stream()
              .filter(line -> !line.contains("BlockedThreadChecker"))
              .anyMatch(line -> line.matches(".*\"level\":\"(WARN|ERROR)\".*")),
          lines.toString());
    }

    /** Creates a task with this request and returns its ID. */
    public int create(RequestSpecification request) {
      return request
          .contentType("application/json")
          .body("{}")
          .post(url(User.TASKS))
          .then()
          .statusCode(201)
          .extract()
          .path("id");
    }

    @Override
    public void close() throws InterruptedException {
      stop();
    }
  }

  private static List<String> command() {
    return Files.exists(JAR)
        ? List.of(
            JAVA, JVM_OPTION, "-XX:SharedArchiveFile=" + ClassArchive.FILE, "-jar", JAR.toString())
        : List.of(System.getProperty("native.image.path"));
  }

  /**
   * An archive of the classes that the jar loads until it fails without a database. It makes each
   * start 0.5 s faster.
   */
  private static final class ClassArchive {

    static final Path FILE = TARGET.resolve("packaged-classes.jsa");

    static {
      String dump = "-XX:ArchiveClassesAtExit=" + FILE;
      try {
        ended(
            start(
                List.of(JAVA, JVM_OPTION, dump, "-jar", JAR.toString()),
                Map.of(
                    "BETTER_AUTH_SECRET",
                    Tokens.SECRET,
                    "DATABASE_URL",
                    "postgresql://nobody@localhost:1/none",
                    "TASKWARD_DATABASE_START_TIMEOUT",
                    "0S")));
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private PackagedApplication() {}
}
