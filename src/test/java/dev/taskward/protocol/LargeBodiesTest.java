package dev.taskward.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Tokens;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The memory for large bodies is bounded. With a short queue there is memory for one. */
@QuarkusTest
@TestProfile(UnusualSettings.class)
class LargeBodiesTest {

  @TestHTTPResource(User.TASKS + "/import")
  URI target;

  final User alice = User.fresh();

  @Test
  void oneLargeBodyAtATimeIsReadAndOthersAre503() throws Exception {
    try (Socket slow = new Socket(target.getHost(), target.getPort())) {
      slow.getOutputStream()
          .write(
              ("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                      + "Content-Type: application/x-ndjson\r\nContent-Length: 8000000\r\n\r\n{")
                  .formatted(target.getPath(), Tokens.token(alice.name()))
                  .getBytes(StandardCharsets.US_ASCII));
      awaitStatus(503);
      alice.has("a small body needs none of this memory");
    }
    awaitStatus(200);
  }

  /** The service notices the connection a little later. */
  private void awaitStatus(int expected) throws InterruptedException {
    int status = 0;
    for (int i = 0; i < 50 && status != expected; i++) {
      Thread.sleep(50);
      status = importOf(alice);
    }
    assertEquals(expected, status);
  }

  @Test
  void oneUserCannotTakeTheMemoryOfOthers() throws Exception {
    User bob = User.fresh();
    try (Socket slow = new Socket(target.getHost(), target.getPort())) {
      slow.getOutputStream()
          .write(
              ("POST /api/v1/tasks/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                      + "Content-Type: application/json\r\nContent-Length: 30000\r\n\r\n{")
                  .formatted(Tokens.token(alice.name()))
                  .getBytes(StandardCharsets.US_ASCII));
      awaitStatus(503);
      assertEquals(200, importOf(bob));
    }
    awaitStatus(200);
  }

  private int importOf(User user) {
    return user.authorized()
        .contentType("application/x-ndjson")
        .body("{}\n".getBytes(StandardCharsets.US_ASCII))
        .post(target.getPath())
        .statusCode();
  }

  /** A limit of the path, also without an announced length, and no other path has it. */
  @Test
  void eachPathHasItsLimit() throws IOException {
    assertEquals(413, chunked(User.TASKS + "/import", 9 * 1024 * 1024));
    assertEquals(413, chunked(User.TASKS + "/batch", 300 * 1024));
    assertEquals(413, chunked(User.TASKS, 70 * 1024));
    assertEquals(413, chunked(User.TASKS + "/batch/x", 70 * 1024));
    assertEquals(400, chunked(User.TASKS + "/batch", 250 * 1024));
    assertEquals(400, chunked(User.TASKS + "/import;a=b", 1024 * 1024));
  }

  private int chunked(String path, int bytes) throws IOException {
    try (Socket client = new Socket(target.getHost(), target.getPort())) {
      client.setSoTimeout(10_000);
      String type = path.contains("import") ? "application/x-ndjson" : "application/json";
      String head =
          "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                  .formatted(path, Tokens.token(alice.name()))
              + "Content-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n".formatted(type);
      String chunk = "%x\r\n%s\r\n".formatted(10_240, "x".repeat(10_240));
      try {
        client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        for (int sent = 0; sent < bytes; sent += 10_240) {
          client.getOutputStream().write(chunk.getBytes(StandardCharsets.US_ASCII));
        }
        client.getOutputStream().write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      } catch (IOException closed) {
        // the service may respond before it has the whole body
      }
      String answer = new String(client.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 "), answer);
      return Integer.parseInt(answer.substring(9));
    }
  }
}
