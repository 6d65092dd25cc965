package dev.taskward.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ActiveRequests;
import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.Socket;
import java.util.Map;
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
      Socket socket = SlowClientTest.trickle(alice);
      ActiveRequests.await(registry, 1);
      socket.setSoLinger(true, 0); // so that it is reset
      socket.close();
      ActiveRequests.await(registry, 0);
      wire.mend();
      alice.list("").statusCode(200); // who was counted before is looked at now
    }
    alice.has("Buy milk");
    assertEquals(1, alice.list("").extract().jsonPath().getList("").size());
  }
}
