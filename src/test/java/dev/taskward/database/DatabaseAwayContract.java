package dev.taskward.database;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.PostgresProxy;
import dev.taskward.SmallLimits;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(SmallLimits.class)
class DatabaseAwayContract {

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void everyOperationIs503UntilTheDatabaseIsBack() {
    long id = alice.has("Buy milk");
    wire.cut();

    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      assertAway(operation.send(alice.request(), id).then());
    }
    ready(503);
    live();

    wire.mend();
    worksAgain(id);
    alice.get(id).statusCode(200).body("title", equalTo("Buy milk"));
    ready(200);
  }

  @Test
  void aClosedPortIs503() {
    long id = alice.has("Buy milk");
    wire.refuse();

    assertAway(alice.get(id));
    assertAway(alice.post(Map.of()));
    ready(503);
    live();

    wire.mend();
    worksAgain(id);
    ready(200);
  }

  /** Like a suspended process or a lost host, it accepts requests and answers none. */
  @Test
  void aFrozenDatabaseIs503WithinBoundedTime() {
    long id = alice.has("Buy milk");
    wire.freeze();

    long start = System.nanoTime();
    List<CompletableFuture<ValidatableResponse>> answers =
        Stream.<Supplier<ValidatableResponse>>of(
                () -> alice.get(id),
                () -> alice.list(""),
                () -> alice.post(Map.of()),
                () -> alice.flip(id),
                () -> alice.put(id, Map.of("title", "Buy tea")),
                () -> alice.delete(id))
            .map(request -> CompletableFuture.supplyAsync(request, Threads.EACH))
            .toList();
    live();
    answers.forEach(answer -> assertAway(answer.join()));
    assertTrue(seconds(start) < 6, seconds(start) + " s"); // limits of 1 s and 2 s

    wire.mend();
    long back = System.nanoTime();
    worksAgain(id);
    alice.has("Buy more milk");
    ready(200);
    assertTrue(seconds(back) < 3, seconds(back) + " s");
  }

  @Test
  void afterARestartAtMostOneRequestFails() {
    long id = severalConnections();
    wire.restart();

    List<Integer> statuses =
        Stream.generate(() -> alice.get(id).extract().statusCode()).limit(10).toList();

    assertTrue(Collections.frequency(statuses, 200) >= 9, statuses.toString());
    alice.flip(id).statusCode(200);
  }

  @Tag("system")
  @Test
  void afterARestartWithoutTrafficNoRequestFails() throws InterruptedException {
    long id = severalConnections();
    wire.restart();
    Thread.sleep(1_100); // for 1 s, an idle connection is not validated

    alice.get(id).statusCode(200);
    alice.flip(id).statusCode(200);
    ready(200);
  }

  /** The first requests can still find dead connections, or wait too long on a busy machine. */
  private void worksAgain(long id) {
    for (int i = 0; i < 5 && alice.get(id).extract().statusCode() != 200; i++) {
      // tries again
    }
    alice.get(id).statusCode(200);
  }

  private long severalConnections() {
    long id = alice.has("Buy milk");
    Stream.generate(() -> CompletableFuture.runAsync(() -> alice.list(""), Threads.EACH))
        .limit(8)
        .toList()
        .forEach(CompletableFuture::join);
    return id;
  }

  /** The write may have been executed. An Idempotency-Key makes it safe to repeat. */
  @Test
  void aCommitWithoutAResponseIs503() {
    long id = alice.has("Buy milk");

    wire.cutAt("COMMIT");
    assertAway(alice.put(id, Map.of("title", "Buy tea")));

    alice.get(id).statusCode(200);
  }

  @Test
  void aReadOnlyDatabaseServesReadsOnly() {
    long id = alice.has("Buy milk");
    TestDatabase.execute("alter role taskward set default_transaction_read_only = on");
    wire.restart();
    try {
      worksAgain(id);
      assertAway(alice.put(id, Map.of("title", "Buy tea")));
      assertAway(alice.flip(id));
      assertAway(alice.delete(id));
      ready(503);
    } finally {
      TestDatabase.execute("alter role taskward reset default_transaction_read_only");
      wire.restart();
    }
    worksAgain(id);
    alice.get(id).body("title", equalTo("Buy milk"));
  }

  /** The old primary becomes a standby. Then the address leads to the new primary. */
  @Tag("system")
  @Test
  void afterAFailoverWritesGoOnOverNewConnections() throws InterruptedException {
    long id = connectedToAStandby();

    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      statuses.add(alice.flip(id).extract().statusCode());
      Thread.sleep(300);
    }

    assertEquals(200, statuses.get(9), statuses.toString());
    assertTrue(Collections.frequency(statuses, 200) >= 5, statuses.toString());
    ready(200);
  }

  /** Without writes, the probe detects the failover. */
  @Tag("system")
  @Test
  void afterAFailoverTheReadinessProbeAloneReplacesTheConnections() throws InterruptedException {
    long id = connectedToAStandby();

    for (int i = 0; i < 3; i++) {
      RestAssured.get(TestDatabase.management("/q/health/ready"));
      Thread.sleep(1_100);
    }

    ready(200);
    alice.flip(id).statusCode(200);
  }

  private long connectedToAStandby() throws InterruptedException {
    long id = alice.has("Buy milk");
    TestDatabase.execute("alter role taskward set default_transaction_read_only = on");
    try {
      wire.restart();
      worksAgain(id);
      for (int i = 0; i < 10; i++) { // the pool closes the dead ones meanwhile
        alice.list("").statusCode(200);
        Thread.sleep(100);
      }
      ready(503);
    } finally {
      TestDatabase.execute("alter role taskward reset default_transaction_read_only");
    }
    return id;
  }

  /** Poolers have their own errors for failures of the database. */
  @ParameterizedTest
  @ValueSource(strings = {"XX000", "08P01", "28P01"}) // DatabaseFailureTest has more
  void aRefusedConnectionIs503(String sqlState) {
    long id = alice.has("Buy milk");
    wire.refuseWith(sqlState);
    alice.get(id); // which may find the one dead connection

    assertAway(alice.get(id));
    assertAway(alice.post(Map.of()));
    ready(503);
    live();

    wire.mend();
    worksAgain(id);
    ready(200);
  }

  @Tag("system")
  @Test
  void aDatabaseWithoutFreeConnectionsIs503() {
    long id = alice.has("Buy milk");
    TestDatabase.execute("alter role taskward connection limit 0");
    wire.restart();
    try {
      assertAway(alice.get(id));
      assertAway(alice.get(id));
      assertAway(alice.post(Map.of()));
      ready(503);
      live();
    } finally {
      TestDatabase.execute("alter role taskward connection limit -1");
    }
    worksAgain(id);
    ready(200);
  }

  /** For example, during a restore or a change of passwords. */
  @Tag("system")
  @Test
  void aDatabaseThatRejectsLoginsIs503() {
    long id = alice.has("Buy milk");
    for (String[] closing :
        new String[][] {
          {"alter role taskward nologin", "alter role taskward login"},
          {
            "alter database postgres with allow_connections false",
            "alter database postgres with allow_connections true"
          },
          {
            "revoke connect on database postgres from public, taskward",
            "grant connect on database postgres to public, taskward"
          },
        }) {
      TestDatabase.executeElsewhere(closing[0]);
      wire.restart();
      try {
        assertAway(alice.get(id));
        assertAway(alice.get(id));
        assertAway(alice.post(Map.of()));
      } finally {
        TestDatabase.executeElsewhere(closing[1]);
      }
      worksAgain(id);
    }
  }

  @ParameterizedTest
  @CsvSource({"lock_timeout, 100", "transaction_timeout, 300"})
  void aWriteOverATimeOutOfTheRoleIs503(String timeout, int millis) throws SQLException {
    long id = alice.has("Buy milk");
    TestDatabase.execute("alter role taskward set " + timeout + " = " + millis);
    wire.restart();
    worksAgain(id);
    try (Connection held = TestDatabase.heldTask(id)) {
      assertAway(alice.flip(id));
      assertAway(alice.put(id, Map.of("title", "Buy tea")));
    } finally {
      TestDatabase.execute("alter role taskward reset " + timeout);
      wire.restart();
    }
    worksAgain(id);
    alice.get(id).body("completed", equalTo(false));
  }

  /** Of all connections that the server has closed, at most one fails a request. */
  @Tag("system")
  @Test
  void connectionsThatWereIdleForTooLongAreReplaced() throws InterruptedException {
    TestDatabase.execute("alter role taskward set idle_session_timeout = 1000");
    wire.restart();
    alice.list("");
    try {
      long id = severalConnections();
      Thread.sleep(1_300);

      List<Integer> statuses =
          Stream.generate(() -> alice.get(id).extract().statusCode()).limit(10).toList();

      assertTrue(Collections.frequency(statuses, 200) >= 9, statuses.toString());
    } finally {
      TestDatabase.execute("alter role taskward reset idle_session_timeout");
      wire.restart();
      alice.list("");
    }
  }

  @Test
  void aFullDiskIs503() {
    long id = alice.has("Buy milk");
    TestDatabase.execute(
        """
        create function disk_full() returns trigger language plpgsql as
            $$ begin raise 'no space left on device' using errcode = 'disk_full'; end $$;
        create trigger disk_full before insert or update on task execute function disk_full()
        """);
    try {
      assertAway(alice.post(Map.of()));
      assertAway(alice.flip(id));
      assertAway(alice.put(id, Map.of("title", "Buy tea")));
      alice.get(id).statusCode(200);
    } finally {
      TestDatabase.execute("drop trigger disk_full on task; drop function disk_full()");
    }
    alice.flip(id).statusCode(200);
  }

  private static void assertAway(ValidatableResponse answer) {
    answer
        .statusCode(503)
        .contentType("application/problem+json")
        .header("Retry-After", notNullValue())
        .body(
            "detail",
            equalTo(
                "The service is temporarily unavailable. Retry-After has the seconds to wait."));
  }

  private static void ready(int status) {
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(status);
  }

  private static void live() {
    RestAssured.get(TestDatabase.management("/q/health/live")).then().statusCode(200);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }
}
