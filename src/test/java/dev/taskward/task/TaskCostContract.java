package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The database cost of each endpoint: statements, round trips, and the plan of every read with the
 * data of 10,000 users. Statements are captured between the service and PostgreSQL.
 */
@QuarkusTest
class TaskCostContract {

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @BeforeEach
  void openConnection() {
    alice.has("warm up");
    wire.reset();
  }

  @Test
  void aListIsOneStatementInOneRoundTrip() {
    alice.list("").statusCode(200);

    assertCost(1, 1);
  }

  @Test
  void aReadIsOneStatementInOneRoundTrip() {
    long id = createUncounted();

    alice.get(id).statusCode(200);

    assertCost(1, 1);
  }

  @Test
  void anUnknownIdIsTwoStatements() {
    alice.get(Long.MAX_VALUE).statusCode(404);

    assertCost(2, 2);
  }

  @Test
  void aCreateIsOneStatementInOneRoundTrip() {
    alice.has("Buy milk");

    assertCost(1, 1);
  }

  @Test
  void aPutIsTwoStatements() {
    long id = createUncounted();

    alice.put(id, Map.of("title", "Buy tea")).statusCode(200);

    assertCost(2, 3);
  }

  @Test
  void aPutThatChangesNothingWritesNothing() {
    long id = createUncounted();

    alice.put(id, Map.of("title", "Buy milk")).statusCode(200);

    assertCost(1, 2);
  }

  @Test
  void aFlipIsOneStatementInOneRoundTrip() {
    long id = createUncounted();

    alice.flip(id).statusCode(200);

    assertCost(1, 1);
  }

  @Test
  void aFlipWithAPreconditionAndASetFlagAreTwoStatements() {
    long id = createUncounted();
    String path = User.TASKS + "/" + id + "/complete";

    alice.request().header("If-Match", "\"1\"").patch(path).then().statusCode(200);
    assertCost(2, 3);

    wire.reset();
    alice.request().contentType("application/json").body("{\"completed\": false}").patch(path);
    assertCost(2, 3);
  }

  @Test
  void aDeleteIsTwoStatements() {
    long id = createUncounted();

    alice.delete(id).statusCode(204);

    assertCost(2, 3);
  }

  @Test
  void aMergePatchIsTwoStatements() {
    long id = createUncounted();

    alice.patch(id, "{\"title\": \"Buy tea\"}").statusCode(200);

    assertCost(2, 3);
  }

  @Test
  void aRestoreIsTwoStatementsAndARepeatedOneWritesNothing() {
    long id = createUncounted();
    alice.delete(id).statusCode(204);
    wire.reset();

    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);
    assertCost(2, 3);

    wire.reset();
    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);
    assertCost(1, 2);
  }

  @Test
  void aPreconditionCostsNoStatement() {
    long id = createUncounted();
    String path = User.TASKS + "/" + id;

    alice.request().header("If-None-Match", "\"1\"").get(path).then().statusCode(304);
    assertCost(1, 1);

    wire.reset();
    alice.request().header("If-Match", "\"2\"").delete(path).then().statusCode(412);
    assertCost(1, 2);
  }

  @Test
  void onlyACountCostsAnotherStatement() {
    alice.list("?q=x&sort=title&created_since=2026-01-01T00:00:00Z&limit=1").statusCode(200);
    assertCost(1, 1);

    wire.reset();
    alice.list("?count=true").statusCode(200);
    assertCost(2, 2);
  }

  /** The columns may be longer than the task itself, and the service does not need them. */
  @Test
  void searchAndSortColumnsAreNotRead() {
    long id = createUncounted();

    alice.get(id).statusCode(200);
    alice.list("").statusCode(200);
    alice.put(id, Map.of("title", "Buy tea")).statusCode(200);

    List<String> sent = wire.statements();
    assertTrue(sent.size() >= 4, sent.toString());
    for (String sql : sent) {
      assertFalse(sql.contains("title_key") || sql.contains("search"), sql);
    }
  }

  @Test
  void aRefusedRequestDoesNotReachTheDatabase() {
    alice.roughRequest().get(User.TASKS + "?limit=0").then().statusCode(400);
    User.withoutToken().get(User.TASKS).then().statusCode(401);

    assertCost(0, 0);
  }

  private long createUncounted() {
    long id = alice.has("Buy milk");
    wire.reset();
    return id;
  }

  /** BEGIN travels with the first statement. COMMIT is a separate round trip. */
  private void assertCost(int statements, int roundTrips) {
    List<String> sent = wire.work();
    assertEquals(statements, sent.size(), sent.toString());
    assertEquals(roundTrips, wire.roundTrips(), wire.statements().toString());
    assertTrue(
        sent.stream()
            .filter(s -> s.startsWith("update "))
            .allMatch(s -> s.contains("user_id=$") || s.contains("user_id = $")),
        sent.toString());
  }

  @Test
  void everyReadIsOneIndexScanOfBoundedCost() throws SQLException {
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      // 10,000 users with 20 tasks each, and one user with 20,000 tasks.
      sql.execute(
          """
          insert into task (id, user_id, title, completed, deleted, created_at, updated_at)
          select 1000000000 + n,
                 case when n <= 200000 then 'u' || n % 10000 else 'heavy' end,
                 'task ' || n, n % 3 = 0, n % 10 = 0,
                 timestamptz '2026-01-01Z' + n * interval '1 second',
                 timestamptz '2026-01-01Z' + n * interval '1 second'
          from generate_series(1, 220000) n
          """);
      sql.execute("analyze task");

      explainEverything(sql, true);
      try {
        for (User user : List.of(new User("u42"), new User("heavy"))) {
          assertOneScan("task_by_user", () -> user.list("?limit=10"));
          assertOneScan("task_by_user", "?limit=10&sort=created_at", user);
          assertOneScan("task_by_user", deep(user, "sort=-created_at"), user);
          for (String sort : List.of("updated_at", "-updated_at", "title", "-title")) {
            String index = "task_by_user_" + sort.replaceAll("-|_at", "");
            assertOneScan(index, "?limit=10&sort=" + sort, user);
            assertOneScan(index, deep(user, "sort=" + sort), user);
          }
          assertOneScan("task_by_user", "?limit=10&q=TASK", user);
          assertOneScan("task_by_user_trash", "?limit=10&deleted=true", user);
          for (boolean completed : List.of(true, false)) {
            String filter = "completed=" + completed;
            assertOneScan("task_by_user_completed", "?limit=10&" + filter, user);
            assertOneScan("task_by_user_completed", deep(user, filter), user);
          }
        }
        assertOneScan("task_pkey", () -> new User("u42").get(1000000042).statusCode(200));
      } finally {
        explainEverything(sql, false);
      }
    }
  }

  /** Query of the next page after 3 tasks, or after 1,000 for the heavy user. */
  private static String deep(User user, String parameters) {
    int limit = user.name().equals("heavy") ? 1000 : 3;
    String link = user.list("?" + parameters + "&limit=" + limit).extract().header("Link");
    String cursor = link.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1");
    return "?limit=10&" + parameters + "&cursor=" + cursor;
  }

  private void assertOneScan(String index, String query, User user) {
    assertOneScan(index, () -> user.list(query).statusCode(200));
  }

  private void assertOneScan(String index, Runnable request) {
    wire.reset();
    request.run();

    // A Result node evaluates a function of a parameter before the query.
    List<JsonObject> plans =
        wire.notices().stream()
            .map(TaskCostContract::plan)
            .filter(plan -> !plan.getString("Node Type").equals("Result"))
            .toList();
    assertEquals(1, plans.size(), plans.toString());
    List<JsonObject> scans = new ArrayList<>();
    collectNodes(plans.get(0), scans);
    scans.removeIf(node -> node.getString("Node Type").equals("Limit"));
    assertEquals(1, scans.size(), plans.toString());
    JsonObject scan = scans.get(0);
    assertEquals("Index Scan", scan.getString("Node Type"), plans.toString());
    assertEquals(index, scan.getString("Index Name"), plans.toString());
    // Reads only the rows of the page and one more, which shows that there is a next page.
    assertEquals(0, scan.getDouble("Rows Removed by Filter", 0.0), plans.toString());
    int blocks = scan.getInteger("Shared Hit Blocks") + scan.getInteger("Shared Read Blocks");
    assertTrue(blocks <= 11 + 6, plans.toString());
  }

  private static JsonObject plan(String notice) {
    String json = notice.substring(notice.indexOf('{'), notice.lastIndexOf('}') + 1);
    return new JsonObject(json).getJsonObject("Plan");
  }

  private static void collectNodes(JsonObject node, List<JsonObject> into) {
    into.add(node);
    node.getJsonArray("Plans", new JsonArray())
        .forEach(child -> collectNodes((JsonObject) child, into));
  }

  private static void explainEverything(Statement sql, boolean on) throws SQLException {
    sql.execute("alter system set auto_explain.log_min_duration = " + (on ? 0 : -1));
    sql.execute("select pg_reload_conf()");
    sql.execute("select pg_sleep(0.2)"); // until the sessions have reloaded the setting
  }
}
