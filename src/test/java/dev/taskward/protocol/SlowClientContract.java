package dev.taskward.protocol;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.SmallLimits;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Slow clients: deadlines for the head and the body of a request. */
@QuarkusTest
@TestProfile(SmallLimits.class)
public class SlowClientContract {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();

  @Test
  void aBodyThatTricklesIsCutOff() throws Exception {
    String token = "\r\nAuthorization: Bearer " + Tokens.token(alice.name());
    for (String length : new String[] {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
      assertCutOff(post(token) + length + "\r\n\r\n", "1\r\n \r\n");
    }
    alice.list("").statusCode(200);
    assertEquals(0, alice.list("").extract().jsonPath().getList("").size());
  }

  @Test
  void aHeadThatStopsIsCutOff() throws Exception {
    assertCutOff(post(""), "");
  }

  @Test
  void aBodyInTimeIsRead() throws Exception {
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      String head = post("\r\nAuthorization: Bearer " + Tokens.token(alice.name()));
      send(socket, head + "Connection: close\r\nContent-Length: 2\r\n\r\n{");
      Thread.sleep(500);
      send(socket, "}");
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.startsWith("HTTP/1.1 201 "), answer);
    }
  }

  /** Only the client's time is limited, not the time of the service. */
  @Test
  void aBodyThatIsReadIsAnsweredHoweverLongThatTakes() throws Exception {
    long id = alice.has("Buy milk");
    try (Connection other = TestDatabase.heldTask(id)) {
      CompletableFuture<ValidatableResponse> change =
          CompletableFuture.supplyAsync(
              () -> alice.put(id, Map.of("title", "Buy tea")), Threads.EACH);
      TestDatabase.awaitWaiter(other);
      Thread.sleep(1_300);
      other.rollback();

      change.join().statusCode(200).body("title", equalTo("Buy tea"));
    }
  }

  static String post(String token) {
    return "POST "
        + User.TASKS
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
        + token
        + "\r\n";
  }

  /** Sends a few bytes every 200 milliseconds until the service closes the connection. */
  void assertCutOff(String start, String drop) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoTimeout(200);
      send(socket, start);
      while (!isClosed(socket)) {
        assertTrue(System.nanoTime() - begin < PATIENCE.toNanos(), start + " is still accepted");
        send(socket, drop);
      }
    } catch (SocketException cutOff) {
      // expected
    }
    assertTrue(System.nanoTime() - begin > Duration.ofMillis(800).toNanos(), "cut off too early");
  }

  private static boolean isClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException open) {
      return false;
    }
  }

  /** Opens a connection and sends a head and the first byte of a body. */
  public static Socket trickle(User user) throws IOException {
    Socket socket = new Socket("localhost", RestAssured.port);
    String head = post("\r\nAuthorization: Bearer " + Tokens.token(user.name()));
    send(socket, head + "Content-Length: 20\r\n\r\n{");
    return socket;
  }

  public static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }
}
