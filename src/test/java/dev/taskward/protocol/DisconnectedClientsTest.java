package dev.taskward.protocol;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ActiveRequests;
import dev.taskward.PostgresProxy;
import dev.taskward.ServiceLog;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
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

/** Few bodies may be on their way at once, and who sends one is counted in the database before. */
@QuarkusTest
@TestProfile(DisconnectedClientsTest.Counted.class)
class DisconnectedClientsTest {

  private static final int BODIES = 4;

  public static class Counted implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.thread-pool.queue-size", Integer.toString(BODIES),
          "taskward.rate-limit.enabled", "true",
          "taskward.rate-limit.store", "postgresql");
    }
  }

  final PostgresProxy wire = TestDatabase.proxy();
  @Inject MeterRegistry registry;

  final User alice = User.fresh();

  @Test
  void whoGoesAwayWhileHeIsCountedLeavesNothingBehind() throws Exception {
    for (int i = 0; i < 2 * BODIES; i++) {
      wire.freeze();
      Socket socket = SlowClientTest.trickle(alice);
      ActiveRequests.await(registry, 1);
      reset(socket);
      ActiveRequests.await(registry, 0);
      wire.mend();
      alice.list("").statusCode(200); // who was counted before is looked at now
    }
    alice.has("Buy milk");
    assertEquals(1, alice.list("").extract().jsonPath().getList("").size());
  }

  /** In a read, in a change with a body, and with others pipelined behind that. */
  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "POST POST GET"})
  void whoGoesAwayWhileHeIsAnsweredIsNoFailureOfOurs(String methods) throws Exception {
    String token = "\r\nAuthorization: Bearer " + Tokens.token(alice.name());
    Map<String, String> requests =
        Map.of(
            "GET", "GET " + User.TASKS + " HTTP/1.1\r\nHost: localhost" + token + "\r\n\r\n",
            "POST", SlowClientTest.post(token) + "Content-Length: 2\r\n\r\n{}");
    try (ServiceLog log = ServiceLog.ofAll();
        Connection lock = TestDatabase.connect()) {
      lock.setAutoCommit(false);
      lock.createStatement().execute("lock table task");
      Socket socket = new Socket("localhost", RestAssured.port);
      SlowClientTest.send(
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
  void norIsWhoGoesAwayInTheMiddleOfABody() throws Exception {
    try (ServiceLog log = ServiceLog.ofAll()) {
      for (int i = 0; i < 20; i++) {
        Socket socket = SlowClientTest.trickle(alice);
        ActiveRequests.await(registry, 1);
        Thread.sleep(20 * i); // the body is being read by then
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
