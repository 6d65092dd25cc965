package dev.taskward.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.SmallLimits;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Runs the same tests against the packaged application, jar or native. Adds tests for the deadline
 * of the head, which only the packaged application has.
 */
@QuarkusIntegrationTest
@TestProfile(SmallLimits.class)
class SlowClientIT extends SlowClientContract {

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

  /**
   * Together the requests take longer than the deadline. Each head comes in two parts with pauses.
   */
  @Test
  void headsInTimeAreAnswered() throws Exception {
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      for (int i = 0; i < 4; i++) {
        send(socket, GET);
        Thread.sleep(400);
        send(socket, "\r\n");
        byte[] answer = new byte[12];
        assertEquals(12, socket.getInputStream().readNBytes(answer, 0, 12));
        assertEquals("HTTP/1.1 401", new String(answer, StandardCharsets.UTF_8));
        Thread.sleep(100);
        socket.getInputStream().skipNBytes(socket.getInputStream().available());
      }
    }
  }
}
