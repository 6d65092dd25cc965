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

/** When the readiness probe queries the database. The proxy counts the statements. */
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
    assertQueries(1, UP);
  }

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void aDatabaseInUseIsQueried() {
    later(Duration.ofSeconds(30));
    assertQueries(1, UP);
  }

  @Test
  void anUnusedDatabaseIsNotQueried() {
    later(Duration.ofSeconds(61));
    assertQueries(0, UP);
    later(Duration.ofHours(1));
    assertQueries(0, UP);

    alice.list("");
    assertQueries(1, UP);
    later(Duration.ofSeconds(30));
    assertQueries(1, UP);
    later(Duration.ofSeconds(31));
    assertQueries(0, UP);
  }

  @Test
  void afterAFailureItIsQueriedUntilItWorks() {
    later(Duration.ofHours(1));
    wire.refuse();
    assertQueries(0, UP);

    readiness.onFailure(new DatabaseFailure.Unavailable());
    assertQueries(0, DOWN); // without a connection
    later(Duration.ofHours(1));
    assertQueries(0, DOWN);

    wire.mend();
    assertQueries(1, UP);
    assertQueries(0, UP);
  }

  private void later(Duration duration) {
    now = now.plus(duration);
  }

  private void assertQueries(int times, Status status) {
    wire.reset();
    assertEquals(status, readiness.call().getStatus());
    assertEquals(
        times, wire.statements().stream().filter("show transaction_read_only"::equals).count());
  }
}
