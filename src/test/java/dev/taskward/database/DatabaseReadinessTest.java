package dev.taskward.database;

import static org.eclipse.microprofile.health.HealthCheckResponse.Status.DOWN;
import static org.eclipse.microprofile.health.HealthCheckResponse.Status.UP;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import dev.taskward.common.DatabaseFailure;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the probe asks the database, whose statements are counted on the wire. */
@QuarkusTest
class DatabaseReadinessTest {

  @Inject AgroalDataSource pool;
  @Inject ConnectionEviction connections;

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  private Duration now = Duration.ZERO;
  private DatabaseReadiness readiness;

  @BeforeEach
  void newReadiness() {
    readiness = new DatabaseReadiness(pool, connections, () -> now.toNanos());
    assertAsked(1, UP);
  }

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void aDatabaseInUseIsAsked() {
    later(Duration.ofSeconds(30));
    assertAsked(1, UP);
  }

  @Test
  void aDatabaseThatNobodyUsesCanSleep() {
    later(Duration.ofSeconds(61));
    assertAsked(0, UP);
    later(Duration.ofHours(1));
    assertAsked(0, UP);

    alice.list("");
    assertAsked(1, UP);
    later(Duration.ofSeconds(30));
    assertAsked(1, UP);
    later(Duration.ofSeconds(31));
    assertAsked(0, UP);
  }

  @Test
  void afterAFailureItIsAskedUntilItIsWell() {
    later(Duration.ofHours(1));
    wire.refuse();
    assertAsked(0, UP);

    readiness.onFailure(new DatabaseFailure.Away());
    assertAsked(0, DOWN); // nothing comes through
    later(Duration.ofHours(1));
    assertAsked(0, DOWN);

    wire.mend();
    assertAsked(1, UP);
    assertAsked(0, UP);
  }

  private void later(Duration duration) {
    now = now.plus(duration);
  }

  private void assertAsked(int times, Status status) {
    wire.reset();
    assertEquals(status, readiness.call().getStatus());
    assertEquals(
        times, wire.statements().stream().filter("show transaction_read_only"::equals).count());
  }
}
