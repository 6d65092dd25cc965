package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entity tags of lists: a client that has the list gets 304 until one of its tasks changes. */
@QuarkusTest
class TaskListTagContract {

  final User alice = User.fresh();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?completed=false&limit=1",
        "?sort=title&q=milk&count=true",
        "?deleted=true",
        "?due_from=2026-01-01&tz=Europe/Berlin"
      })
  void anUnchangedListIs304(String query) {
    alice.has("Buy milk");
    String tag = tag(query);

    listIf(tag, query).statusCode(304).header("ETag", equalTo(tag)).body(emptyString());
    listIf("W/" + tag, query).statusCode(304);
    listIf("*", query).statusCode(304);
    listIf("\"other\"", query).statusCode(200).header("ETag", equalTo(tag));
    alice
        .roughRequest()
        .header("If-None-Match", tag)
        .head(User.TASKS + query)
        .then()
        .statusCode(304);
    alice.has("another");
    listIf(tag, query).statusCode(200);
  }

  @Test
  void aUserWithoutTasksGets304AndThenTheFirstTask() {
    String tag = tag("");
    listIf(tag, "").statusCode(304);

    alice.has("first");

    listIf(tag, "").statusCode(200).body("title", contains("first"));
  }

  @Test
  void everyChangeChangesTheTag() {
    long id = alice.has("a");
    long other = alice.has("b");
    List<Runnable> changes =
        List.of(
            () -> alice.flip(id).statusCode(200),
            () -> alice.put(id, Map.of("title", "c")).statusCode(200),
            () -> alice.patch(id, "{\"priority\": \"low\"}").statusCode(200),
            () -> alice.delete(id).statusCode(204),
            () -> alice.delete(other).statusCode(204),
            () -> alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200),
            () -> alice.delete(id).statusCode(204),
            () -> remove(id), // the later one first: the floor stays the same for the next
            () -> remove(other));
    Set<String> tags = new HashSet<>(Set.of(tag("?deleted=true")));
    for (Runnable change : changes) {
      change.run();
      tags.add(tag("?deleted=true"));
    }

    assertEquals(1 + changes.size(), tags.size(), tags.toString());
  }

  private void remove(long id) {
    alice.request().delete(User.TASKS + "/{id}?permanent=true", id).then().statusCode(204);
  }

  @Test
  void aRequestWithoutChangeKeepsTheTag() {
    long id = alice.has("a");
    String tag = tag("");

    alice.put(id, Map.of("title", "a")).statusCode(200);
    User.fresh().has("another user's");

    assertEquals(tag, tag(""));
  }

  @Test
  void eachListAndEachUserHasAnotherTag() {
    alice.has("a");
    User.fresh().has("a");
    List<String> lists =
        List.of("", "?limit=7", "?count=true", "?sort=title", "?completed=false", "?q=a");

    Set<String> tags = new HashSet<>();
    lists.forEach(query -> tags.add(tag(query)));
    User bob = User.fresh();
    bob.has("a");
    tags.add(bob.list("").extract().header("ETag"));

    assertEquals(lists.size() + 1, tags.size(), tags.toString());
  }

  @Test
  void thePagesOfAListHaveTags() {
    alice.has("a");
    alice.has("b");
    String link = alice.list("?limit=1").extract().header("Link");
    String next = link.replaceAll("<[^?]*(\\?[^>]*)>.*", "$1");

    assertNotEquals(tag("?limit=1"), tag(next));
    listIf(tag(next), next).statusCode(304);
  }

  @Test
  void aListThatDependsOnTheClockHasNoTag() {
    alice.has("a");
    for (String overdue : List.of("true", "false")) {
      alice
          .list("?tz=UTC&overdue=" + overdue)
          .statusCode(200)
          .header("ETag", nullValue())
          .header("Cache-Control", equalTo("no-store"));
    }
    listIf("*", "?tz=UTC&overdue=true").statusCode(200);
  }

  @Test
  void aMalformedCursorIsRefusedBeforeThePrecondition() {
    alice
        .roughRequest()
        .header("If-None-Match", "*")
        .get(User.TASKS + "?cursor=x")
        .then()
        .statusCode(400);
  }

  @Test
  void theCachesOfClientsMustRevalidateAList() {
    alice.list("").header("Cache-Control", equalTo("private, no-cache"));
  }

  @Test
  void aMalformedTagIsRefusedAndIfMatchMustMatch() {
    listIf("x", "").statusCode(400).body("errors.message[0]", containsString("entity tags"));
    alice.roughRequest().header("If-Match", "\"1\"").get(User.TASKS).then().statusCode(412);
    alice.roughRequest().header("If-Match", tag("")).get(User.TASKS).then().statusCode(200);
  }

  @Test
  void a304ReadsNoTask() {
    alice.has("a");
    String tag = tag("");
    PostgresProxy wire = TestDatabase.proxy();
    wire.reset();

    listIf(tag, "").statusCode(304);

    assertEquals(1, wire.roundTrips());
    assertEquals(1, wire.work().size(), wire.work().toString());
    assertEquals(false, wire.work().get(0).contains("from task "), wire.work().toString());
  }

  private ValidatableResponse listIf(String tag, String query) {
    return alice.roughRequest().header("If-None-Match", tag).get(User.TASKS + query).then();
  }

  private String tag(String query) {
    return alice.list(query).statusCode(200).extract().header("ETag");
  }
}
