package dev.taskward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The built application, jar or native, as a process of its own. */
final class PackagedApplication {

  static final Path TARGET = Path.of("target");

  /** What a process said and how it ended. */
  record Ended(int code, List<String> lines) {}

  static Process start(Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command()).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("DATABASE_URL|BETTER_AUTH.*|QUARKUS.*"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  static Ended run(Map<String, String> environment) throws IOException, InterruptedException {
    Process process = start(environment);
    List<String> lines = process.inputReader().lines().toList();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Ended(process.waitFor(), lines);
  }

  private static List<String> command() throws IOException {
    Path jar = TARGET.resolve("quarkus-app/quarkus-run.jar");
    if (Files.exists(jar)) {
      return List.of(
          ProcessHandle.current().info().command().orElseThrow(), "-jar", jar.toString());
    }
    return List.of(System.getProperty("native.image.path"));
  }

  private PackagedApplication() {}
}
