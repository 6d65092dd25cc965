package dev.taskward.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Few bodies may be on their way at once, and who sends one is counted in the database before. */
@QuarkusTest
@TestProfile(GoneClientTest.Counted.class)
class GoneClientTest {

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
      Socket socket = new Socket("localhost", RestAssured.port);
      SlowClientTest.send(
          socket,
          "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
              .formatted(User.TASKS, Tokens.token(alice.name())));
      awaitActive(1);
      socket.setSoLinger(true, 0); // so that it is reset
      socket.close();
      awaitActive(0);
      wire.mend();
      alice.list("").statusCode(200); // who was counted before is looked at now
    }
    alice.has("Buy milk");
    assertEquals(1, alice.list("").extract().jsonPath().getList("").size());
  }

  private void awaitActive(int requests) {
    long start = System.nanoTime();
    while (registry.get("http.server.active.requests").gauge().value() != requests) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), requests + " active");
      Thread.onSpinWait();
    }
  }
}
