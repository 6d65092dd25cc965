package dev.taskward.idempotency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The statements and round trips that a key costs. TaskCostContract covers requests without a key.
 */
@QuarkusTest
class IdempotencyCostContract {

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @BeforeEach
  void openConnectionAndAllocateIds() {
    alice.has("warm up");
    wire.reset();
  }

  /**
   * The lock, the lookup, the stored response and the limit check, besides the insert of the task.
   */
  @Test
  void aCreateWithAKeyCostsFourMoreStatements() {
    create("a", 201);

    assertCost(1 + 4, 2 + 4);
  }

  /** The oldest keys are locked first, then deleted. */
  @Test
  void aKeyOverTheLimitCostsOneMoreStatement() {
    TestDatabase.execute(
        "insert into idempotency_key select gen_random_uuid(), '%s', '', 200, '', '', now()"
                .formatted(alice.name())
            + " - n * interval '1 second' from generate_series(1, 1000) n");

    create("a", 201);

    assertCost(1 + 5, 2 + 5);
    assertTrue(
        wire.work().stream().anyMatch(sql -> sql.endsWith("skip locked")), wire.work().toString());
  }

  @Test
  void aReplayCostsTheLockAndTheLookup() {
    create("a", 201);
    wire.reset();

    create("a", 201);

    assertCost(2, 3);
  }

  @Test
  void aFlipWithAKeyCostsFourMoreStatements() {
    long id = alice.has("Buy milk");
    wire.reset();

    alice
        .request()
        .header("Idempotency-Key", UUID.randomUUID())
        .patch(User.TASKS + "/{id}/complete", id)
        .then()
        .statusCode(200);

    assertCost(1 + 4, 2 + 4);
  }

  @Test
  void aRefusedKeyDoesNotReachTheDatabase() {
    create("", 400);
    create("a,b", 400);

    assertCost(0, 0);
  }

  private void create(String key, int status) {
    alice
        .roughRequest()
        .header("Idempotency-Key", key)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS)
        .then()
        .statusCode(status);
  }

  /** BEGIN travels with the first statement. COMMIT or ROLLBACK is a separate round trip. */
  private void assertCost(int statements, int roundTrips) {
    List<String> sent = wire.work();
    assertEquals(statements, sent.size(), sent.toString());
    assertEquals(roundTrips, wire.roundTrips(), wire.statements().toString());
  }
}
