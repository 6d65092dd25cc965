package dev.taskward.dev;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PackagedApplication;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A new clone: {@code ./mvnw quarkus:dev}, then the session of the README. */
@Tag("system")
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the README's session is for a POSIX shell")
class DevModeIT {

  @TempDir Path clone;

  @Test
  void aCloneServesTheReadmesSessionAndKeepsItsDataThroughReloadAndRestart() throws Exception {
    for (String part : List.of("pom.xml", "mvnw", ".mvn", "src")) {
      copy(Path.of(part), clone.resolve(part));
    }
    try (DevMode first = new DevMode(clone)) {
      String session = readmesSession().replace("localhost:8080", "localhost:" + first.port);
      assertEquals(
          List.of(
              "201 Created",
              "200 OK",
              "200 OK",
              "200 OK",
              "412 Precondition Failed",
              "204 No Content",
              "404 Not Found",
              "401 Unauthorized"),
          statusLines(run(session)));
      String log = first.log();
      assertTrue(log.indexOf("Taskward runs in dev mode") > log.indexOf("Listening on: "), log);
      assertTrue(log.contains("http://localhost:" + first.port + "/q/swagger-ui"), log);
      assertFalse(Pattern.compile("(?i)docker|testcontainers").matcher(log).find(), log);
      assertFalse(Pattern.compile(" (WARN|ERROR) ").matcher(log).find(), log);
      assertEquals(List.of("200 OK"), statusLines(run(curlOf(log).replace("curl", "curl -i"))));

      assertEquals(
          List.of("401 Unauthorized"), statusLines(run("curl -sig '" + first.tasks() + "?q=a|c'")));
      for (String origin : List.of("http://localhost:5173", "http://[::1]:3000")) {
        assertEquals(List.of("200 OK"), statusLines(run(first.preflight(origin))));
      }
      assertEquals(
          List.of("403 CORS Rejected "), statusLines(run(first.preflight("http://a.localhost"))));
      String icon = first.tasks().replace("/api/v1/tasks", "/favicon.ico");
      assertEquals(List.of("204 No Content"), statusLines(run("curl -si " + icon)));

      // Dev mode looks for changes when the last request is 2 s old. One connection for both
      // requests.
      Thread.sleep(2_500);
      String twice = first.tasks() + " " + first.tasks();
      assertEquals(
          List.of("401 Unauthorized", "401 Unauthorized"),
          statusLines(run("curl -si --max-time 4 " + twice)));

      first.create("before the reload");
      Path source = clone.resolve("src/main/java/dev/taskward/task/GeneratedTitle.java");
      Files.writeString(source, Files.readString(source).replace("Untitled task", "Reloaded"));
      Thread.sleep(2_500); // dev mode looks for changes at most every two seconds
      first.create(null);
      assertEquals(List.of("Reloaded", "before the reload"), first.titles());
    }
    try (DevMode second = new DevMode(clone)) {
      assertEquals(List.of("Reloaded", "before the reload"), second.titles());
    }
  }

  /** All commands of the README's first section, except the one that starts dev mode. */
  private static String readmesSession() throws IOException {
    String section = Files.readString(Path.of("README.md")).split("(?m)^## ")[1];
    String session =
        Pattern.compile("(?s)```sh\n(.*?)```")
            .matcher(section)
            .results()
            .map(block -> block.group(1))
            .filter(block -> !block.startsWith("./mvnw"))
            .collect(Collectors.joining());
    assertTrue(session.startsWith("TOKEN="), "the README has a session");
    return session;
  }

  private static String curlOf(String log) {
    Matcher curl = Pattern.compile("(?m)^ +(curl -H .*)$").matcher(log);
    assertTrue(curl.find(), log);
    return curl.group(1);
  }

  private static List<String> statusLines(String output) {
    return Pattern.compile("HTTP/1.1 (\\d+ [A-Za-z ]+)")
        .matcher(output)
        .results()
        .map(line -> line.group(1))
        .toList();
  }

  private static String run(String script) throws Exception {
    Process shell = new ProcessBuilder("sh", "-euc", script).start();
    String output = new String(shell.getInputStream().readAllBytes());
    assertEquals(0, shell.waitFor(), output);
    return output;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static final class DevMode implements AutoCloseable {

    final int port;
    private final Process maven;
    private final Path log;

    DevMode(Path clone) throws Exception {
      port = PackagedApplication.freePort();
      log = Files.createTempFile("dev-mode", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(
                  "./mvnw",
                  "-B",
                  "-Dmaven.repo.local=" + System.getProperty("maven.repo.local"),
                  "-Dquarkus.http.port=" + port,
                  "-Ddebug=false",
                  "quarkus:dev")
              .directory(clone.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().remove("DATABASE_URL");
      builder.environment().remove("BETTER_AUTH_SECRET");
      maven = builder.start();
      awaitReady();
    }

    private void awaitReady() throws Exception {
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
      while (System.nanoTime() < end && maven.isAlive()) {
        try {
          if (RestAssured.get("http://localhost:" + port + "/q/health").statusCode() == 200) {
            return;
          }
        } catch (Exception e) {
          assertTrue(e instanceof ConnectException, e.toString());
        }
        Thread.sleep(200);
      }
      throw new AssertionError("it did not start:\n" + log());
    }

    String log() throws IOException {
      return Files.readString(log);
    }

    String tasks() {
      return "http://localhost:" + port + "/api/v1/tasks";
    }

    String preflight(String origin) {
      return "curl -sig -X OPTIONS %s -H 'Origin: %s' -H 'Access-Control-Request-Method: POST'"
          .formatted(tasks(), origin);
    }

    String token() {
      return given()
          .formParam("username", "reloader")
          .post("http://localhost:" + port + "/dev/token")
          .path("access_token");
    }

    void create(String title) {
      given()
          .header("Authorization", "Bearer " + token())
          .contentType(ContentType.JSON)
          .body(Collections.singletonMap("title", title))
          .post(tasks())
          .then()
          .statusCode(201);
    }

    List<String> titles() {
      return given()
          .header("Authorization", "Bearer " + token())
          .get(tasks())
          .then()
          .statusCode(200)
          .extract()
          .path("title");
    }

    /** As Ctrl+C does: Maven's child first, then Maven. */
    @Override
    public void close() throws Exception {
      List<ProcessHandle> all =
          Stream.concat(maven.descendants(), Stream.of(maven.toHandle())).toList();
      all.forEach(ProcessHandle::destroy);
      for (ProcessHandle process : all) {
        process.onExit().get(30, TimeUnit.SECONDS);
      }
      Files.delete(log);
    }
  }
}
