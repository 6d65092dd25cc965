package dev.taskward.task;

import static dev.taskward.mcp.Agent.ids;
import static dev.taskward.mcp.Agent.tasks;
import static dev.taskward.mcp.Agent.titles;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import dev.taskward.mcp.Agent;
import dev.taskward.mcp.Agents;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What agents can do with tasks. */
@QuarkusTest
@TestProfile(Agents.class)
class TaskToolsContract {

  private static final String FIND = "find_tasks";
  private static final String ADD = "add_tasks";
  private static final String UPDATE = "update_tasks";
  private static final String COMPLETE = "complete_tasks";
  private static final String DELETE = "delete_tasks";

  final PostgresProxy wire = TestDatabase.proxy();
  final Agent alice = Agent.fresh();
  final Agent bob = Agent.fresh();

  private static Map<String, Object> tasksOf(Map<?, ?>... tasks) {
    return Map.of("tasks", List.of(tasks));
  }

  /** The task that the API has. */
  private Map<String, Object> task(long id) {
    return alice
        .request()
        .get(User.TASKS + "/" + id)
        .then()
        .statusCode(200)
        .extract()
        .jsonPath()
        .getMap("");
  }

  @Test
  void tasksAreAddedWithTheirFields() {
    JsonObject added =
        alice.call(
            ADD,
            tasksOf(
                Map.of(
                    "title",
                    "Buy milk",
                    "description",
                    "Two litres",
                    "due",
                    "2026-01-13T18:00",
                    "due_zone",
                    "Europe/Berlin",
                    "priority",
                    "high",
                    "tags",
                    List.of("shopping")),
                Map.of("title", "Done", "completed", true)));

    List<Long> ids = ids(added);
    assertEquals(List.of("Buy milk", "Done"), titles(tasks(added)));
    assertEquals(
        Set.of("id", "title", "due", "completed", "version"), tasks(added).get(0).fieldNames());
    Map<String, Object> first = task(ids.get(0));
    assertEquals(alice.user().name(), first.get("user_id"));
    assertEquals("Two litres", first.get("description"));
    assertEquals("2026-01-13T18:00", first.get("due"));
    assertEquals("Europe/Berlin", first.get("due_zone"));
    assertEquals("high", first.get("priority"));
    assertEquals(List.of("shopping"), first.get("tags"));
    assertEquals(true, task(ids.get(1)).get("completed"));
  }

  @Test
  void aModelGetsNoFieldWithoutAValue() {
    long id = alice.has("Buy milk").get(0);
    alice
        .request()
        .contentType("application/json")
        .body("{\"position\": \"a0\", \"metadata\": {\"secret\": \"of a program\"}}")
        .put(User.TASKS + "/" + id)
        .then()
        .statusCode(200);

    assertEquals(
        Set.of("id", "title", "completed", "created_at", "updated_at", "version"),
        alice.find(Map.of()).get(0).fieldNames());
  }

  /** Models send them for values that they do not have. */
  @Test
  void emptyTextsAndNullsAreAbsent() {
    Map<String, Object> task = new HashMap<>(Map.of("title", "a", "description", "", "due", ""));
    task.put("priority", null);
    task.put("tags", null);
    Map<String, Object> arguments = new HashMap<>(tasksOf(task));
    arguments.put("idempotency_key", "");
    arguments.put("unknown", null);
    JsonObject first = alice.call(ADD, arguments);
    JsonObject second = alice.call(ADD, arguments);

    assertFalse(first.equals(second), "an empty key is no key");
    assertEquals(List.of(), task(ids(first).get(0)).get("tags"));
    assertEquals(
        2,
        alice.find(Map.of("text", "", "tag", "", "due_from", "", "tz", "", "cursor", "")).size());
    alice.call(UPDATE, tasksOf(Map.of("id", ids(first).get(0), "title", "", "due", "")));
    assertEquals("a", task(ids(first).get(0)).get("title"));
    assertEquals(1, task(ids(first).get(0)).get("version"));
  }

  @Test
  void filtersAreThoseOfTheList() {
    alice.call(
        ADD,
        tasksOf(
            Map.of("title", "late", "due", "2026-01-01"),
            Map.of("title", "later", "due", "2026-02-01T10:00", "tags", List.of("phone")),
            Map.of("title", "done", "due", "2026-01-15", "completed", true),
            Map.of("title", "whenever", "tags", List.of("phone"))));

    assertEquals(List.of("late", "later"), titles(alice.find(Map.of("overdue", true))));
    assertEquals(List.of("done"), titles(alice.find(Map.of("completed", true))));
    assertEquals(List.of("later", "late"), titles(alice.find(Map.of("text", "LAT"))));
    assertEquals(List.of("whenever", "later"), titles(alice.find(Map.of("tag", "phone"))));
    assertEquals(
        List.of("late", "done"),
        titles(alice.find(Map.of("due_from", "2026-01-01", "due_before", "2026-02-01"))));
    assertEquals(
        List.of("later"),
        titles(alice.find(Map.of("due_from", "2026-01-20", "completed", false, "tag", "phone"))));
  }

  /** Today is over in some zones and not in others. */
  @Test
  void overdueDependsOnTheUsersZone() {
    LocalDate there = LocalDate.now(ZoneId.of("Pacific/Kiritimati"));
    alice.call(ADD, tasksOf(Map.of("title", "a", "due", there.minusDays(1).toString())));

    assertEquals(1, alice.find(Map.of("overdue", true, "tz", "Pacific/Kiritimati")).size());
    assertEquals(0, alice.find(Map.of("overdue", true, "tz", "Pacific/Pago_Pago")).size());
  }

  @Test
  void pagesFollowTheCursor() {
    String[] titles = IntStream.range(0, 25).mapToObj(i -> "task " + i).toArray(String[]::new);
    alice.has(titles);

    JsonObject first = alice.call(FIND, Map.of("text", "task"));
    JsonObject second =
        alice.call(FIND, Map.of("text", "task", "cursor", first.getString("next_cursor")));

    assertEquals(20, tasks(first).size());
    assertEquals(5, tasks(second).size());
    assertFalse(second.containsKey("next_cursor"), second.encode());
    Set<Long> all = new TreeSet<>(ids(first));
    all.addAll(ids(second));
    assertEquals(25, all.size());
    assertTrue(
        alice
            .fail(FIND, Map.of("cursor", first.getString("next_cursor")))
            .contains("cursor is not a cursor of this list"));
  }

  @Test
  void anUpdateChangesTheGivenFields() {
    long id =
        ids(alice.call(
                ADD,
                tasksOf(
                    Map.of(
                        "title",
                        "a",
                        "description",
                        "b",
                        "due",
                        "2026-01-13T10:00",
                        "due_zone",
                        "Europe/Berlin",
                        "priority",
                        "low",
                        "tags",
                        List.of("x")))))
            .get(0);
    alice.call(UPDATE, tasksOf(Map.of("id", id, "title", "c", "if_version", 1)));

    Map<String, Object> changed = task(id);
    assertEquals("c", changed.get("title"));
    assertEquals("b", changed.get("description"));
    assertEquals("low", changed.get("priority"));

    alice.call(
        UPDATE,
        tasksOf(
            Map.of(
                "id",
                id,
                "description",
                "remove",
                "due",
                "remove",
                "priority",
                "remove",
                "tags",
                List.of(),
                "completed",
                true)));

    Map<String, Object> cleared = task(id);
    for (String field : List.of("description", "due", "due_zone", "priority")) {
      assertEquals(null, cleared.get(field), field);
    }
    assertEquals(List.of(), cleared.get("tags"));
    assertEquals(true, cleared.get("completed"));
    assertEquals(3, cleared.get("version"));
    alice.call(UPDATE, tasksOf(Map.of("id", id, "title", "remove")));
    assertEquals("remove", task(id).get("title"), "a title can't be cleared");
  }

  @Test
  void tasksAreCompletedAndReopened() {
    List<Long> ids = alice.has("a", "b");

    assertEquals(
        List.of(2L, 2L),
        tasks(alice.call(COMPLETE, Map.of("ids", ids))).stream()
            .map(task -> task.getLong("version"))
            .toList());
    alice.call(COMPLETE, Map.of("ids", ids));
    assertEquals(true, task(ids.get(0)).get("completed"));
    assertEquals(2, task(ids.get(0)).get("version"), "a repeat changes nothing");
    alice.call(COMPLETE, Map.of("ids", ids, "completed", false));
    assertEquals(false, task(ids.get(1)).get("completed"));
  }

  @Test
  void deletedTasksAreInTheTrashUntilTheyAreRestored() {
    List<Long> ids = alice.has("a", "b");

    JsonObject deleted = tasks(alice.call(DELETE, Map.of("ids", ids))).get(0);

    assertEquals(true, deleted.getBoolean("deleted"));
    assertTrue(deleted.containsKey("purge_at"), deleted.encode());
    assertEquals(List.of(), alice.find(Map.of()));
    assertEquals(2, alice.find(Map.of("deleted", true)).size());
    String again = alice.fail(DELETE, Map.of("ids", ids));
    assertTrue(again.contains("with deleted: true those in the trash"), again);
    alice.call(DELETE, Map.of("ids", ids, "restore", true));
    assertEquals(2, alice.find(Map.of()).size());
    alice.call(DELETE, Map.of("ids", ids, "restore", true)); // a repeat changes nothing
    assertEquals(3, task(ids.get(0)).get("version"));
  }

  @Test
  void aRepeatWithAKeyAddsNothing() {
    String key = UUID.randomUUID().toString();
    Map<String, Object> call = new HashMap<>(tasksOf(Map.of("title", "once")));
    call.put("idempotency_key", key);

    JsonObject first = alice.call(ADD, call);

    assertEquals(first, alice.call(ADD, call));
    assertEquals(1, alice.find(Map.of()).size());
    bob.call(ADD, call); // has keys of its own
    assertEquals(1, bob.find(Map.of()).size());
    call.put("tasks", List.of(Map.of("title", "another")));
    String text = alice.fail(ADD, call);
    assertTrue(text.contains("was used for another request"), text);
    assertEquals(1, alice.find(Map.of()).size());
  }

  @Test
  void parallelCallsWithAKeyAddOnce() {
    Map<String, Object> call = new HashMap<>(tasksOf(Map.of("title", "once")));
    call.put("idempotency_key", "parallel");

    List<CompletableFuture<Void>> calls =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () -> alice.send("tools/call", Map.of("name", ADD, "arguments", call)),
                        Threads.EACH))
            .toList();
    calls.forEach(CompletableFuture::join);

    assertEquals(1, alice.find(Map.of()).size());
    alice.call(ADD, call);
  }

  /** Titles are all that an answer has of a task's texts. */
  @Test
  void theLargestCallWithAKeyIsStored() {
    Map<String, Object> task = Map.of("title", "🦉".repeat(255), "description", "\"".repeat(500));
    Map<String, Object> call = new HashMap<>(Map.of("tasks", Collections.nCopies(25, task)));
    call.put("idempotency_key", "k".repeat(255));

    JsonObject first = alice.call(ADD, call);

    assertEquals(25, tasks(first).size());
    assertEquals(first, alice.call(ADD, call));
  }

  @Test
  void aDateClearsTheZoneOfATime() {
    long id =
        ids(alice.call(
                ADD,
                tasksOf(
                    Map.of("title", "a", "due", "2026-01-13T10:00", "due_zone", "Europe/Berlin"))))
            .get(0);
    alice.call(UPDATE, tasksOf(Map.of("id", id, "due", "2026-01-13T11:00")));
    assertEquals("Europe/Berlin", task(id).get("due_zone"));

    alice.call(UPDATE, tasksOf(Map.of("id", id, "due", "2026-01-14")));

    assertEquals("2026-01-14", task(id).get("due"));
    assertEquals(null, task(id).get("due_zone"));
  }

  @Test
  void anotherUsersTasksAreOutOfReach() {
    List<Long> ids = alice.has("mine");

    for (Map<String, Object> arguments :
        List.<Map<String, Object>>of(
            Map.of(),
            Map.of("text", "mine"),
            Map.of("deleted", true),
            Map.of("completed", false))) {
      assertEquals(List.of(), bob.find(arguments));
    }
    for (String text :
        List.of(
            bob.fail(UPDATE, tasksOf(Map.of("id", ids.get(0), "title", "stolen"))),
            bob.fail(COMPLETE, Map.of("ids", ids)),
            bob.fail(DELETE, Map.of("ids", ids)),
            bob.fail(DELETE, Map.of("ids", ids, "restore", true)))) {
      assertEquals(
          "Nothing was changed. id "
              + ids.get(0)
              + ": This resource belongs to another user. find_tasks shows the tasks, with deleted:"
              + " true those in the trash.",
          text);
    }
    assertEquals("mine", task(ids.get(0)).get("title"));
    assertEquals(1, task(ids.get(0)).get("version"));
    JsonObject page = alice.call(FIND, Map.of("limit", 1));
    alice.has("second");
    String cursor = alice.call(FIND, Map.of("limit", 1)).getString("next_cursor");
    assertTrue(bob.fail(FIND, Map.of("limit", 1, "cursor", cursor)).contains("cursor"), "" + page);
  }

  @Test
  void oneFailureChangesNothingAndEveryOneIsNamed() {
    List<Long> ids = alice.has("a", "b");

    String text =
        alice.fail(
            UPDATE,
            tasksOf(
                Map.of("id", ids.get(0), "title", "changed"),
                Map.of("id", ids.get(1), "if_version", 7, "title", "changed"),
                Map.of("id", Long.MAX_VALUE >> 12, "title", "changed"),
                Map.of("id", (Long.MAX_VALUE >> 12) + 1, "title", "changed")));

    assertTrue(
        text.startsWith(
            "Nothing was changed. id %d: if_version is not the task's current version. id %d, id %d:"
                    .formatted(ids.get(1), Long.MAX_VALUE >> 12, (Long.MAX_VALUE >> 12) + 1)
                + " There is no task with this id."),
        text);
    assertEquals("a", task(ids.get(0)).get("title"));
    text = alice.fail(UPDATE, tasksOf(Map.of("id", ids.get(0), "due_zone", "Europe/Berlin")));
    assertTrue(text.contains("due_zone must be absent unless due has a time"), text);
  }

  @Test
  void errorsNameTheArguments() {
    List<Long> ids = alice.has("a");
    Map<String, Map<String, Object>> calls = new LinkedHashMap<>();
    calls.put("find_tasks: limit must be an integer from 1 to 100", Map.of("limit", 101));
    calls.put("find_tasks: limit must be an integer from 1 to 100.", Map.of("limit", -1));
    calls.put("find_tasks: limit must be", Map.of("limit", "many"));
    calls.put("find_tasks: completed must be true or false", Map.of("completed", "yes"));
    calls.put("find_tasks: text must be at most 100 characters", Map.of("text", "x".repeat(101)));
    calls.put("find_tasks: due_from must be a date like", Map.of("due_from", "tomorrow"));
    calls.put("find_tasks: tz must be an IANA time zone", Map.of("tz", "CET+1", "overdue", true));
    calls.put("find_tasks: tag must be a single value", Map.of("tag", List.of("a")));
    calls.put("find_tasks: user_id is not known", Map.of("user_id", "bob"));
    calls.put("find_tasks: q is not known", Map.of("q", "a"));
    calls.put("add_tasks: tasks must be a list of 1 to 25", Map.of());
    calls.put(
        "add_tasks: tasks must be a list of 1 to 25.",
        Map.of("tasks", Collections.nCopies(26, Map.of("title", "a"))));
    calls.put("add_tasks: tasks[0] must be a JSON object", Map.of("tasks", List.of("a")));
    calls.put("add_tasks: tasks[0].user_id is not known", tasksOf(Map.of("user_id", "bob")));
    calls.put("add_tasks: tasks[0].id is not known", tasksOf(Map.of("id", 1)));
    calls.put(
        "add_tasks: tasks[1].due must be",
        tasksOf(Map.of("title", "a"), Map.of("title", "a", "due", "soon")));
    calls.put("add_tasks: tasks[0].title must be a string", tasksOf(Map.of("title", 5)));
    calls.put(
        "add_tasks: tasks[0].priority must be",
        tasksOf(Map.of("title", "a", "priority", "remove")));
    calls.put("add_tasks: tasks[1].title is required", tasksOf(Map.of("title", "a"), Map.of()));
    calls.put("add_tasks: tasks[0].title is required.", tasksOf(Map.of("title", "")));
    calls.put(
        "add_tasks: tasks[0].tags must be tags of 1 to 50 characters",
        tasksOf(Map.of("title", "a", "tags", List.of(""))));
    calls.put(
        "add_tasks: tasks[1] must be a JSON object",
        Map.of("tasks", Arrays.asList(Map.of("title", "a"), null)));
    calls.put(
        "update_tasks: tasks[0].tags must be tags", tasksOf(Map.of("id", 1, "tags", List.of(""))));
    calls.put(
        "add_tasks: idempotency_key must be a string of at most 255 characters",
        Map.of("tasks", List.of(Map.of("title", "a")), "idempotency_key", "k".repeat(256)));
    calls.put("update_tasks: tasks[0].id must be an integer", tasksOf(Map.of("title", "a")));
    calls.put("update_tasks: tasks[0].id must be an integer.", tasksOf(Map.of("id", "5")));
    calls.put(
        "update_tasks: tasks[1].id is the task of element [0], too",
        tasksOf(Map.of("id", ids.get(0)), Map.of("id", ids.get(0))));
    calls.put("complete_tasks: ids must be a list of 1 to 25", Map.of("ids", 5));
    calls.put("complete_tasks: ids[1] must be an integer", Map.of("ids", List.of(1, "x")));
    calls.put("complete_tasks: completed must be", Map.of("ids", ids, "completed", "x"));
    calls.put("delete_tasks: restore must be true or false", Map.of("ids", ids, "restore", "x"));
    calls.put("delete_tasks: permanent is not known", Map.of("ids", ids, "permanent", true));

    calls.forEach(
        (expected, arguments) -> {
          String[] parts = expected.split(": ", 2);
          String text = alice.fail(parts[0], arguments);
          assertTrue(text.contains(" " + parts[1]), expected + ": " + text);
          assertTrue(text.endsWith("Correct the arguments and call the tool again."), text);
          assertFalse(text.contains("operations"), text);
        });
    assertEquals(1, alice.find(Map.of()).size());
  }

  /** A text in UTF-8 cannot hold it, only an escape in JSON. */
  @Test
  void anUnpairedSurrogateIsRefused() {
    String call =
        "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"add_tasks\","
            + " \"arguments\": {\"tasks\": [{\"title\": \"%s\"}], \"idempotency_key\": \"%s\"}}}";
    alice
        .send(call.formatted("a\\ud800", "key"))
        .body("result.isError", equalTo(true))
        .body(
            "result.content[0].text",
            containsString("title must not contain U+0000 or an unpaired"));
    alice
        .send(call.formatted("a", "\\ud800"))
        .body("result.isError", equalTo(true))
        .body("result.content[0].text", containsString("idempotency_key must be"));
    alice.send(call.formatted("a\\ud83e\\udd89", "key")).body("result.isError", equalTo(false));
    assertEquals(List.of("a🦉"), titles(alice.find(Map.of())));
  }

  /** They are as many as those of the same requests to the API. */
  @Test
  void everyToolCostsFewStatements() {
    List<Long> ids = alice.has("a", "b", "c");

    cost(1, () -> alice.find(Map.of()));
    cost(2, () -> alice.has("d", "e", "f"));
    cost(2, () -> alice.call(COMPLETE, Map.of("ids", ids)));
    cost(2, () -> alice.call(DELETE, Map.of("ids", ids)));
    cost(2, () -> alice.call(DELETE, Map.of("ids", ids, "restore", true)));
    cost(
        2,
        () ->
            alice.call(
                UPDATE,
                tasksOf(
                    Map.of("id", ids.get(0), "title", "x"),
                    Map.of("id", ids.get(1), "due", "2026-01-01"))));
    cost(0, () -> alice.fail(ADD, Map.of()));
    cost(0, () -> alice.send("tools/list", Map.of()).body("id", equalTo(1)));
  }

  private void cost(int statements, Runnable call) {
    wire.reset();
    call.run();
    assertEquals(statements, wire.work().size(), wire.work().toString());
  }

  @Test
  void anAbsentDatabaseIsAnErrorThatPasses() {
    alice.has("before");
    wire.refuse();
    String text;
    try {
      wire.cut();
      text = alice.fail(ADD, tasksOf(Map.of("title", "lost?")));
    } finally {
      wire.mend();
    }

    assertTrue(text.contains("temporarily unavailable"), text);
    assertTrue(text.endsWith("with the same arguments."), text);
    JsonArray found = new JsonArray();
    for (int i = 0; i < 20 && found.isEmpty(); i++) {
      JsonObject answer =
          new JsonObject(alice.send("tools/call", Map.of("name", FIND)).extract().asString());
      JsonObject content = answer.getJsonObject("result").getJsonObject("structuredContent");
      found = content == null ? found : content.getJsonArray("tasks");
    }
    assertEquals(1, found.size());
  }
}
