package dev.taskward.task;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
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

  /** Its statement returned no row, and so no state for the entity tag. */
  @Test
  void anEmptyListIsThreeStatementsInTwoRoundTrips() {
    alice.list("?q=nothing").statusCode(200);

    assertCost(3, 2);
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
    alice.list("?q=m&sort=title&created_since=2026-01-01T00:00:00Z&limit=1").statusCode(200);
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

    List<String> reads = wire.work().stream().filter(sql -> sql.startsWith("select ")).toList();
    assertEquals(3, reads.size(), wire.work().toString());
    for (String sql : reads) {
      assertFalse(sql.contains("title_key") || sql.contains("search"), sql);
    }
  }

  @Test
  void allFieldsCostNoMoreStatements() {
    Map<String, Object> task =
        Map.of(
            "title", "Buy milk",
            "due", "2026-01-13T18:00",
            "due_zone", "Europe/Berlin",
            "priority", "high",
            "tags", List.of("shopping", "home"),
            "position", "a0",
            "metadata", Map.of("color", "green"));
    long id = alice.post(task).statusCode(201).extract().jsonPath().getLong("id");
    assertCost(1, 1);

    wire.reset();
    alice.put(id, Map.of("due", "2026-01-14", "tags", List.of(), "priority", "low"));
    assertCost(1, 2); // a due_zone without a time: 400

    wire.reset();
    alice.patch(id, "{\"due\": null, \"tags\": [], \"metadata\": {\"a\": \"b\"}}").statusCode(200);
    assertCost(2, 3);

    wire.reset();
    alice.put(id, Map.of("metadata", Map.of("color", "green", "a", "b"))).statusCode(200);
    assertCost(1, 2); // nothing has changed
  }

  @Test
  void allFiltersTogetherAreOneStatement() {
    alice.has(
        Map.of(
            "title", "a b",
            "tags", List.of("c", "d"),
            "priority", "low",
            "due", "2026-01-02",
            "position", "a",
            "completed", true));
    wire.reset();
    alice
        .list(
            "?q=a&tag=c&tag=d&min_priority=low&completed_since=2026-01-01T00:00:00Z"
                + "&due_from=2026-01-01&due_before=2026-02-01&overdue=false&has_due=true"
                + "&tz=Asia/Tokyo&sort=-position")
        .statusCode(200)
        .body("size()", equalTo(1));

    assertCost(1, 1);
  }

  @Test
  void aPageOfChangesIsOneStatementInOneRoundTrip() {
    String cursor = alice.request().get(EventReader.CHANGES).path("cursor");
    assertCost(1, 1);

    wire.reset();
    alice.request().get(EventReader.CHANGES + "?since=" + cursor).then().statusCode(200);
    assertCost(1, 1);
  }

  /** It counts the tasks, and stores them. */
  @Test
  void aBatchOfCreationsIsTwoStatements() {
    for (int creations : List.of(1, 100)) {
      wire.reset();
      batch(
              Collections.nCopies(
                  creations, TaskBatchContract.create(Map.of("title", "a", "tags", List.of("b")))))
          .statusCode(200);

      assertCost(2, 3);
    }
  }

  @Test
  void aBatchOfAllKindsIsFourStatements() {
    List<Map<String, Object>> operations = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      operations.add(Map.of("op", "complete", "id", alice.has("a"), "completed", true));
      operations.add(
          Map.of(
              "op",
              "update",
              "id",
              alice.has("a"),
              "task",
              Map.of("title", "b", "due", "2026-01-13")));
      operations.add(Map.of("op", "delete", "id", alice.has("a")));
      operations.add(TaskBatchContract.create(Map.of("title", "a")));
    }
    wire.reset();

    batch(operations).statusCode(200);

    assertCost(4, 5); // locks tasks, changes them, counts new ones, stores them
  }

  @Test
  void aRefusedBatchWritesNothing() {
    long bobs = User.fresh().has("bob's");
    wire.reset();

    batch(
            List.of(
                Map.of("op", "delete", "id", bobs),
                Map.of("op", "delete", "id", TaskId.MAX),
                TaskBatchContract.create(Map.of())))
        .statusCode(409);

    assertCost(3, 4); // locks none, asks for others' once, reads the counter for the quota
    assertTrue(wire.work().stream().allMatch(sql -> sql.startsWith("select ")));
  }

  private ValidatableResponse batch(List<?> operations) {
    return alice
        .authorized()
        .contentType("application/json")
        .body(Map.of("operations", operations))
        .post(TaskBatchContract.BATCH)
        .then();
  }

  @Test
  void anExportIsOneStatementForEachPage() {
    alice.request().get(TaskExportContract.EXPORT).then().statusCode(200);
    assertCost(2, 2); // the counter, for the cursor

    batch(Collections.nCopies(100, TaskBatchContract.create(Map.of()))).statusCode(200);
    batch(Collections.nCopies(100, TaskBatchContract.create(Map.of()))).statusCode(200);
    wire.reset();
    alice.request().get(TaskExportContract.EXPORT).then().statusCode(200);
    assertCost(3, 3);
  }

  @Test
  void anImportIsOneStatementForEachFiveHundredTasks() {
    TaskExportContract.importInto(alice, "{}\n".repeat(1_001)).statusCode(200);

    assertCost(1 + 3, 2 + 3);
  }

  @Test
  void anErasureIsBounded() {
    alice.has("a");
    wire.reset();

    EraseContract.erase(alice).statusCode(204);

    // tasks, counter, stored responses
    assertCost(2 + 4 + 1, 3 + 5 + 2);
  }

  @Test
  void theCurrentUserIsOneStatementInOneRoundTrip() {
    alice.request().get("/api/v1/me").then().statusCode(200);

    assertCost(1, 1);
  }

  @Test
  void aReadOfADeletedTaskIsOneStatementInOneRoundTrip() {
    long id = createUncounted();
    alice.delete(id).statusCode(204);
    wire.reset();

    alice.request().get(User.TASKS + "/{id}?deleted=true", id).then().statusCode(200);
    assertCost(1, 1);

    wire.reset();
    alice.get(id).statusCode(404); // the task is the user's own: nobody else is asked for
    assertCost(1, 1);
  }

  @Test
  void aPermanentDeleteIsTwoStatements() {
    long id = createUncounted();
    alice.delete(id).statusCode(204);
    wire.reset();

    alice.request().delete(User.TASKS + "/{id}?permanent=true", id).then().statusCode(204);

    assertCost(2, 3);
  }

  /** Of 2,500 deleted tasks, each statement removes at most 1,000. */
  @Test
  void theTrashIsEmptiedInBatches() {
    emptyTrash();
    assertCost(1, 2);

    TestDatabase.execute(
        """
        insert into task (id, user_id, title, completed, deleted, created_at, updated_at, search,
          title_key)
        select nextval('task_id_seq'), '%s', 'a', false, true, now(), now(), 'a', 'a'
        from generate_series(1, 2500)
        """
            .formatted(alice.name()));
    wire.reset();
    emptyTrash();

    assertCost(3 * 2, 3 * 3);
  }

  private void emptyTrash() {
    alice.request().delete(User.TASKS + "?deleted=true").then().statusCode(204);
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
            .filter(s -> s.startsWith("update ") || s.startsWith("delete "))
            .allMatch(s -> s.contains("user_id=$") || s.contains("user_id = $")),
        sent.toString());
  }

  /** 10,000 users with 20 tasks each, and one user with 20,000 tasks. */
  private static final String TASKS_OF_MANY =
      """
      insert into task (id, user_id, title, due, due_key, priority, tags, position, completed,
        completed_at, deleted, deleted_at, created_at, updated_at, search, title_key, change_seq)
      select 1000000000 + n, case when n <= 200000 then 'u' || n % 10000 else 'heavy' end,
        'task ' || n, case when has_due then to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS') end,
        case when has_due then at end, nullif(n % 5, 0),
        case when n % 6 = 0 then '{a,b}'::text[] end, case when n % 2 = 0 then 'a' || n end,
        n % 3 = 0, case when n % 3 = 0 then at end, n % 10 = 0, case when n % 10 = 0 then at end,
        at, at, 'task ' || n, 'task ' || n, n
      from (
        select n, timestamp '2026-01-01' + n * interval '1 s' as at, n / 10000 % 4 = 0 as has_due
        from generate_series(1, 220000) n
      ) tasks
      on conflict do nothing
      """;

  private static final List<User> READERS = List.of(new User("u42"), new User("heavy"));

  @Test
  void everyReadIsOneIndexScanOfBoundedCost() throws SQLException {
    withPlansOfManyTasks(
        () -> {
          for (User user : READERS) {
            assertOneScan("task_by_user", () -> user.list("?limit=10"));
            assertOneScan("task_by_user", "?limit=10&sort=created_at", user);
            assertOneScan("task_by_user", deep(user, "sort=-created_at"), user);
            assertOneScan("task_by_user", "?limit=10&q=TASK", user);
            assertExportReadsOnePage(user);
            assertOneScan("task_by_user_trash", "?limit=10&deleted=true", user);
            for (boolean completed : List.of(true, false)) {
              String filter = "completed=" + completed;
              assertOneScan("task_by_user_completed", "?limit=10&" + filter, user);
              assertOneScan("task_by_user_completed", deep(user, filter), user);
            }
            for (String due :
                List.of("has_due=true", "due_from=2026-01-01", "due_before=2027-01-01")) {
              for (String sort : List.of("due", "-due")) {
                String query = due + "&sort=" + sort;
                assertOneScan("task_by_user_due", "?limit=10&" + query, user);
                assertOneScan("task_by_user_due", deep(user, query), user);
              }
            }
          }
          assertOneScan("task_pkey", () -> new User("u42").get(1000000042).statusCode(200));
          for (User user : READERS) {
            assertReadsNewestChangesOnly(user);
          }
        });
  }

  /** Each half reads at most a page, by its index. */
  private void assertExportReadsOnePage(User user) {
    wire.reset();
    user.authorized().get(TaskExportContract.EXPORT).then().statusCode(200);

    for (JsonObject plan : plans()) {
      List<JsonObject> nodes = new ArrayList<>();
      collectNodes(plan, nodes);
      List<JsonObject> scans =
          nodes.stream().filter(node -> node.containsKey("Index Name")).toList();
      if (nodes.stream().anyMatch(node -> node.getString("Node Type").equals("Append"))) {
        assertEquals(
            List.of("task_by_user", "task_by_user_trash"),
            scans.stream().map(scan -> scan.getString("Index Name")).sorted().toList(),
            plan::encode);
        for (JsonObject scan : scans) {
          assertTrue(scan.getDouble("Actual Rows") <= TaskExport.PAGE, plan::encode);
          assertEquals(0, scan.getDouble("Rows Removed by Filter", 0.0), plan::encode);
        }
      }
    }
  }

  private void assertReadsNewestChangesOnly(User user) {
    String first =
        user.request().get(EventReader.CHANGES + "?limit=15").then().extract().path("cursor");
    wire.reset();
    user.request().get(EventReader.CHANGES + "?limit=3&since=" + first).then().statusCode(200);

    List<JsonObject> nodes = new ArrayList<>();
    plans().forEach(plan -> collectNodes(plan, nodes));
    JsonObject scan =
        nodes.stream()
            .filter(node -> "task_by_user_change".equals(node.getString("Index Name")))
            .findFirst()
            .orElseThrow(() -> new AssertionError(nodes.toString()));
    assertEquals("Index Scan", scan.getString("Node Type"), nodes.toString());
    assertEquals(4, scan.getDouble("Actual Rows"), nodes.toString());
    assertEquals(0, scan.getDouble("Rows Removed by Filter", 0.0), nodes.toString());
  }

  /** An index for each order would cost every write more. */
  @Test
  void everyOtherReadReadsTheUsersTasksOnly() throws SQLException {
    withPlansOfManyTasks(
        () -> {
          for (User user : READERS) {
            for (String key :
                List.of("updated_at", "title", "due", "priority", "position", "completed_at")) {
              for (String sort : List.of("sort=" + key, "sort=-" + key)) {
                assertReadsOwnTasks("?limit=10&" + sort, user);
                assertReadsOwnTasks(deep(user, sort), user);
              }
            }
            for (String filter :
                List.of(
                    "q=nothing",
                    "tag=a&tag=b",
                    "tag=nothing",
                    "min_priority=urgent",
                    "completed_since=2026-01-03T00:00:00Z",
                    "has_due=false",
                    "overdue=true&tz=UTC",
                    "overdue=false&tz=Asia/Tokyo",
                    "due_from=2026-01-02&tz=Asia/Tokyo",
                    "due_from=2026-01-02&due_before=2026-01-03&sort=-priority",
                    "deleted=true&sort=-deleted_at",
                    "deleted=true&sort=deleted_at&q=task&min_priority=high")) {
              assertReadsOwnTasks("?limit=10&count=true&" + filter, user);
            }
          }
        });
  }

  private void withPlansOfManyTasks(Runnable reads) throws SQLException {
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      sql.execute("set session_replication_role = replica"); // without triggers, which take long
      sql.execute(TASKS_OF_MANY);
      sql.execute(
          "insert into task_counter (user_id, seq) select user_id, max(change_seq) from task"
              + " group by user_id on conflict do nothing");
      sql.execute("set session_replication_role = origin");
      sql.execute("analyze task, task_counter");
      explainEverything(sql, true);
      try {
        reads.run();
      } finally {
        explainEverything(sql, false);
      }
    }
  }

  /** No other user's row is read, whichever way the planner chooses. */
  private void assertReadsOwnTasks(String query, User user) {
    wire.reset();
    user.list(query).statusCode(200);

    List<JsonObject> plans = plans();
    int least = query.contains("count=true") ? 2 : 1; // a list without a task is read twice
    assertTrue(plans.size() == least || plans.size() == least + 1, plans.toString());
    for (JsonObject plan : plans) {
      List<JsonObject> nodes = new ArrayList<>();
      collectNodes(plan, nodes);
      nodes.removeIf(
          node -> node.getString("Node Type").matches("Limit|Sort|Aggregate") || isCounter(node));
      JsonObject scan = nodes.get(0);
      boolean isBitmap = scan.getString("Node Type").equals("Bitmap Heap Scan");
      JsonObject index = nodes.get(isBitmap ? 1 : 0);
      assertEquals(isBitmap ? 2 : 1, nodes.size(), plan.toString());
      assertEquals(
          isBitmap ? "Bitmap Index Scan" : "Index Scan",
          index.getString("Node Type"),
          plan.toString());
      // After five executions the planner may choose a plan without the value.
      String own = "((user_id)::text = '" + user.name() + "'::text)";
      String generic = ".*\\(\\(user_id\\)::text = \\(\\$\\d+\\)::text\\).*";
      String condition = index.getString("Index Cond");
      assertTrue(condition.contains(own) || condition.matches(generic), plan.toString());
      double read =
          scan.getDouble("Actual Rows")
              + scan.getDouble("Rows Removed by Filter", 0.0)
              + scan.getDouble("Rows Removed by Index Recheck", 0.0);
      assertTrue(read <= (user.name().equals("heavy") ? 20_000 : 20), plan.toString());
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

    List<JsonObject> plans = plans();
    assertTrue(plans.size() == 1 || plans.size() == 2, plans.toString()); // twice without a task
    for (JsonObject plan : plans) {
      List<JsonObject> scans = new ArrayList<>();
      collectNodes(plan, scans);
      scans.removeIf(node -> node.getString("Node Type").equals("Limit") || isCounter(node));
      assertEquals(1, scans.size(), plan.toString());
      JsonObject scan = scans.get(0);
      assertEquals("Index Scan", scan.getString("Node Type"), plan.toString());
      assertEquals(index, scan.getString("Index Name"), plan.toString());
      // Reads only the rows of the page and one more, which shows that there is a next page.
      assertEquals(0, scan.getDouble("Rows Removed by Filter", 0.0), plan.toString());
      int blocks = scan.getInteger("Shared Hit Blocks") + scan.getInteger("Shared Read Blocks");
      assertTrue(blocks <= 11 + 6, plan.toString());
    }
  }

  private List<JsonObject> plans() {
    return wire.notices().stream()
        .map(TaskCostContract::plan)
        // It evaluates a function of a parameter before the query.
        .filter(plan -> !plan.getString("Node Type").equals("Result"))
        .filter(plan -> !isCounter(plan))
        .toList();
  }

  private static boolean isCounter(JsonObject node) {
    return "task_counter".equals(node.getString("Relation Name"));
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
