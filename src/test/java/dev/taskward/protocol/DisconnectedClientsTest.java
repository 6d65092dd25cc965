package dev.taskward.protocol;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ActiveRequests;
import dev.taskward.PostgresProxy;
import dev.taskward.ServiceLog;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.sql.Connection;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that disconnect. Only a few bodies may be in transfer, and the rate limit is counted in
 * the database.
 */
@QuarkusTest
@TestProfile(UnusualSettings.class)
class DisconnectedClientsTest {

  final PostgresProxy wire = TestDatabase.proxy();
  @Inject MeterRegistry registry;

  final User alice = User.fresh();

  @Test
  void aClientThatDisconnectsDuringRateLimitingLeavesNothingBehind() throws Exception {
    for (int i = 0; i < 2 * UnusualSettings.QUEUE; i++) {
      wire.freeze();
      Socket socket = SlowClientContract.trickle(alice);
      ActiveRequests.await(registry, 1);
      reset(socket);
      ActiveRequests.await(registry, 0);
      wire.mend();
      alice.list("").statusCode(200); // by now the disconnected request is counted
    }
    alice.has("Buy milk");
    assertEquals(1, alice.list("").extract().jsonPath().getList("").size());
  }

  /** A read, a change with a body, and a change with pipelined requests after it. */
  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "POST POST GET"})
  void aClientThatDisconnectsDuringProcessingCausesNoWarning(String methods) throws Exception {
    String token = "\r\nAuthorization: Bearer " + Tokens.token(alice.name());
    Map<String, String> requests =
        Map.of(
            "GET", "GET " + User.TASKS + " HTTP/1.1\r\nHost: localhost" + token + "\r\n\r\n",
            "POST", SlowClientContract.post(token) + "Content-Length: 2\r\n\r\n{}");
    try (ServiceLog log = ServiceLog.ofAll();
        Connection lock = TestDatabase.connect()) {
      lock.setAutoCommit(false);
      lock.createStatement().execute("lock table task");
      Socket socket = new Socket("localhost", RestAssured.port);
      SlowClientContract.send(
          socket, Arrays.stream(methods.split(" ")).map(requests::get).collect(joining()));
      TestDatabase.awaitWaiter(lock);
      reset(socket);
      ActiveRequests.await(registry, 0);
      lock.rollback();
      alice.list("").statusCode(200);

      assertNoWarning(log);
    }
  }

  @Test
  void aClientThatDisconnectsDuringItsBodyCausesNoWarning() throws Exception {
    try (ServiceLog log = ServiceLog.ofAll()) {
      for (int i = 0; i < 20; i++) {
        Socket socket = SlowClientContract.trickle(alice);
        ActiveRequests.await(registry, 1);
        Thread.sleep(20 * i); // the service already reads the body
        reset(socket);
        ActiveRequests.await(registry, 0);
      }
      assertNoWarning(log);
    }
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static void assertNoWarning(ServiceLog log) {
    assertEquals(
        List.of(),
        log.lines().stream()
            .filter(line -> line.getLevel().intValue() >= Level.WARNING.intValue())
            .map(line -> line.getLoggerName() + ": " + line.getFormattedMessage())
            .toList());
  }
}
