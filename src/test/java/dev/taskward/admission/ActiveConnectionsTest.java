package dev.taskward.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ActiveConnectionsTest {

  private long now = 1_000_000_000L;

  private final ActiveConnections connections = new ActiveConnections(() -> now);
  private final Promise<Void> firstCloses = Promise.promise();
  private final Promise<Void> secondCloses = Promise.promise();

  @Test
  void aConnectionIsActiveForFiveSecondsAfterARequest() {
    connections.requested("first", firstCloses.future());
    now += Duration.ofSeconds(4).toNanos();
    connections.requested("second", secondCloses.future());
    connections.update();
    assertEquals(2, connections.count());

    now += Duration.ofSeconds(1).toNanos();
    connections.update();
    assertEquals(1, connections.count());

    connections.requested("first", firstCloses.future());
    connections.update();
    assertEquals(2, connections.count());
  }

  @Test
  void aClosedConnectionIsNotCounted() {
    connections.requested("first", firstCloses.future());
    connections.requested("second", secondCloses.future());
    connections.update();

    firstCloses.complete();
    assertEquals(1, connections.count());
    secondCloses.complete();
    assertEquals(0, connections.count());
  }
}
