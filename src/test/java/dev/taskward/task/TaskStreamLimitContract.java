package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.SmallLimits;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An instance with three streams at most. */
@QuarkusTest
@TestProfile(SmallLimits.class)
class TaskStreamLimitContract {

  final User alice = User.fresh();

  @Test
  void streamsBeyondTheLimitOfTheInstanceGet503() throws Exception {
    List<EventReader> streams = new ArrayList<>();
    for (int i = 0; i < SmallLimits.STREAMS; i++) {
      EventReader stream = EventReader.of(User.fresh(), "");
      stream.next("up-to-date");
      streams.add(stream);
    }

    another().statusCode(503).contentType("application/problem+json").header("Retry-After", "5");
    alice.request().get(EventReader.CHANGES).then().statusCode(200).body("more", equalTo(false));

    for (EventReader stream : streams) {
      stream.close();
    }
    Instant end = Instant.now().plusSeconds(20);
    int status = 503;
    while (status == 503 && Instant.now().isBefore(end)) {
      Thread.sleep(100);
      try (EventReader stream = EventReader.of(alice, "")) {
        status = stream.response.statusCode();
      }
    }
    assertEquals(200, status);
  }

  private ValidatableResponse another() {
    return alice.authorized().header("Accept", "text/event-stream").get(EventReader.CHANGES).then();
  }
}
