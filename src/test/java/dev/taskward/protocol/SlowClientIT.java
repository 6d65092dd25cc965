package dev.taskward.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * The same against the packaged application, jar or native; and heads, whose deadline it alone has.
 */
@QuarkusIntegrationTest
class SlowClientIT extends SlowClientTest {

  private static final String GET = "GET " + User.TASKS + " HTTP/1.1\r\nHost: localhost\r\n";

  @Test
  void aHeadThatTricklesIsCutOff() throws Exception {
    assertCutOff(GET, "X-A: b\r\n");
    assertCutOff("GE", "T");
  }

  @Test
  void aLaterHeadThatTricklesIsCutOff() throws Exception {
    assertCutOff(GET + "\r\n" + GET, "X-A: b\r\n");
  }

  /** Longer than the deadline altogether, with a head in two halves and pauses between. */
  @Test
  void headsInTimeAreAnswered() throws Exception {
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      for (int i = 0; i < 4; i++) {
        send(socket, GET);
        Thread.sleep(800);
        send(socket, "\r\n");
        byte[] answer = new byte[12];
        assertEquals(12, socket.getInputStream().readNBytes(answer, 0, 12));
        assertEquals("HTTP/1.1 401", new String(answer, StandardCharsets.UTF_8));
        Thread.sleep(200);
        socket.getInputStream().skipNBytes(socket.getInputStream().available());
      }
    }
  }
}
