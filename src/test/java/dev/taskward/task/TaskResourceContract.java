package dev.taskward.task;

import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(value = TestDatabase.class, scope = TestResourceScope.GLOBAL)
class TaskResourceContract {

  private static final String UTC = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z";

  final User alice = User.fresh();

  @Test
  void aCreateReturnsTheTaskAndItsLocation() {
    Map<String, Object> created =
        alice
            .post(Map.of("title", "Buy milk", "description", "Two litres"))
            .statusCode(201)
            .contentType(ContentType.JSON)
            .header("Location", matchesPattern("http://.+/api/v1/tasks/\\d+"))
            .body("$", aMapWithSize(18))
            .body("user_id", equalTo(alice.name()))
            .body("title", equalTo("Buy milk"))
            .body("description", equalTo("Two litres"))
            .body("completed", equalTo(false))
            .body("deleted", equalTo(false))
            .body("created_at", matchesPattern(UTC))
            .extract()
            .as(Map.class);
    assertEquals(created.get("created_at"), created.get("updated_at"));

    String location =
        alice.post(Map.of("title", "Next")).statusCode(201).extract().header("Location");
    alice.request().get(location).then().statusCode(200).body("title", equalTo("Next"));
    assertEquals(
        created,
        alice
            .get(((Number) created.get("id")).longValue())
            .statusCode(200)
            .extract()
            .as(Map.class));
  }

  /** RFC 3339 in UTC with six fraction digits. So times sort as text. */
  @Test
  void timesHaveSixFractionDigits() throws SQLException {
    long id = alice.has("old");
    List<String> times =
        List.of(
            "2026-11-27T15:06:07.000000Z",
            "2026-11-27T15:06:07.100000Z",
            "2024-02-29T23:59:59.000100Z",
            "1999-12-31T23:59:59.999999Z",
            "1600-01-01T00:00:00.000000Z",
            "9999-12-31T23:59:59.999000Z");
    try (Connection connection = TestDatabase.connect();
        PreparedStatement sql =
            connection.prepareStatement("update task set created_at = ? where id = ?")) {
      for (String time : times) {
        sql.setObject(1, Instant.parse(time).atOffset(ZoneOffset.UTC));
        sql.setLong(2, id);
        sql.execute();

        alice.get(id).body("created_at", equalTo(time));
        alice.list("").body("created_at", contains(time));
      }
    }
  }

  @Test
  void aTaskMayBeCreatedCompleted() {
    alice
        .post(Map.of("title", "Done", "completed", true))
        .statusCode(201)
        .body("completed", equalTo(true));
  }

  @Test
  void aMissingTitleIsMadeFromTheFirstWordsOfTheDescription() {
    alice
        .post(Map.of("description", " Call  the plumber\nabout the dripping kitchen tap today"))
        .statusCode(201)
        .body("title", equalTo("Call the plumber about the dripping kitchen tap…"))
        .body("description", equalTo(" Call  the plumber\nabout the dripping kitchen tap today"));
    Map<String, Object> nullTitle = new HashMap<>(Map.of("description", "Call Ann"));
    nullTitle.put("title", null);
    alice.post(nullTitle).statusCode(201).body("title", equalTo("Call Ann"));
  }

  @Test
  void aGeneratedTitleSplitsNoCharacter() {
    alice
        .post(Map.of("description", "🦉".repeat(60)))
        .statusCode(201)
        .body("title", equalTo("🦉".repeat(49) + "…"));
  }

  @Test
  void charactersNewerThanTheJdkAreAccepted() {
    alice.post(Map.of("title", "\ud83e\udee0")).statusCode(201);
    alice
        .post(Map.of("description", "go \ud83e\udee0 with \ud83d\udc68\u200d\ud83d\udc67"))
        .statusCode(201)
        .body("title", equalTo("go \ud83e\udee0 with \ud83d\udc68\u200d\ud83d\udc67"));
  }

  @Test
  void aGeneratedTitleHasNoByteOrderMarkAtItsEnds() {
    alice
        .post(Map.of("description", "\ufeff Buy\nmilk \ufeff"))
        .statusCode(201)
        .body("title", equalTo("Buy milk"));
  }

  @Test
  void withoutTitleAndDescriptionTheTitleIsTheDefault() {
    alice.post(Map.of()).statusCode(201).body("title", equalTo("Untitled task"));
    alice
        .post(Map.of("description", " \u00a0\u200b\n"))
        .statusCode(201)
        .body("title", equalTo("Untitled task"));
  }

  @Test
  void putChangesOnlyTheFieldsThatArePresent() {
    long id = has(Map.of("title", "Buy milk", "description", "Two litres", "completed", true));

    alice
        .put(id, Map.of("title", "Buy oat milk"))
        .statusCode(200)
        .body("title", equalTo("Buy oat milk"))
        .body("description", equalTo("Two litres"))
        .body("completed", equalTo(true));
    alice
        .put(id, Map.of("completed", false))
        .statusCode(200)
        .body("title", equalTo("Buy oat milk"))
        .body("completed", equalTo(false));
    alice.get(id).body("description", equalTo("Two litres")).body("completed", equalTo(false));
  }

  @Test
  void putClearsTheDescriptionWithAnExplicitNull() {
    long id = has(Map.of("title", "Buy milk", "description", "Two litres"));

    alice
        .put(id, Collections.singletonMap("description", null))
        .statusCode(200)
        .body("title", equalTo("Buy milk"))
        .body("description", nullValue());
    alice.get(id).body("description", nullValue());
  }

  @Test
  void aMergePatchKeepsAbsentFieldsAndClearsNullFields() {
    long id = has(Map.of("title", "Buy milk", "description", "Two litres", "completed", true));

    alice
        .patch(id, "{\"title\": \"Buy oat milk\", \"user_id\": \"mallory\", \"version\": 9}")
        .statusCode(200)
        .body("title", equalTo("Buy oat milk"))
        .body("description", equalTo("Two litres"))
        .body("completed", equalTo(true))
        .body("user_id", equalTo(alice.name()))
        .body("version", equalTo(2));
    alice
        .patch(id, "{\"description\": null}")
        .statusCode(200)
        .body("title", equalTo("Buy oat milk"))
        .body("description", nullValue());
    alice.patch(id, "{}").statusCode(200).header("ETag", equalTo("\"3\""));
    alice.get(id).body("description", nullValue()).body("version", equalTo(3));
  }

  @Test
  void onlyAChangeMovesUpdatedAt() {
    long id = alice.has("Buy milk");
    String created = alice.get(id).extract().path("updated_at");

    alice.put(id, Map.of("title", "Buy milk")).body("updated_at", equalTo(created));
    String changed = alice.put(id, Map.of("title", "Buy tea")).extract().path("updated_at");

    assertTrue(Instant.parse(changed).isAfter(Instant.parse(created)), changed);
    alice.get(id).body("updated_at", equalTo(changed)).body("created_at", equalTo(created));
  }

  @Test
  void aWholeTaskCanBeSentBack() {
    long id = alice.has("Buy milk");
    Map<String, Object> task = new HashMap<>(alice.get(id).extract().as(Map.class));
    task.put("title", "Buy tea");
    task.put("id", 1);
    task.put("user_id", "mallory");
    task.put("deleted", true);
    task.put("version", 1000);
    task.put("purge_at", "2000-01-01T00:00:00Z");
    task.put("created_at", "1999-01-01T00:00:00Z");

    alice
        .put(id, task)
        .statusCode(200)
        .body("id", equalTo((int) id))
        .body("user_id", equalTo(alice.name()))
        .body("title", equalTo("Buy tea"))
        .body("deleted", equalTo(false))
        .body("version", equalTo(2))
        .body("created_at", not(equalTo("1999-01-01T00:00:00Z")));
  }

  @Test
  void theUserIdInANewTaskIsIgnored() {
    User mallory = User.fresh();

    alice
        .post(Map.of("title", "Mine", "user_id", mallory.name()))
        .statusCode(201)
        .body("user_id", equalTo(alice.name()));
    mallory.list("").statusCode(200).body("$", empty());
  }

  @Test
  void aDeletedTaskIsMissingFromEveryEndpoint() {
    long kept = alice.has("Kept");
    long id = alice.has("Gone");

    alice.delete(id).statusCode(204).body(equalTo(""));

    alice.get(id).statusCode(404);
    alice.put(id, Map.of("title", "Back")).statusCode(404);
    alice.flip(id).statusCode(404);
    alice.delete(id).statusCode(404);
    alice.list("").body("id", contains((int) kept));
  }

  @Test
  void withoutABodyTheCompletedFlagIsFlipped() {
    long id = alice.has("Buy milk");

    alice.flip(id).statusCode(200).body("completed", equalTo(true));
    alice.flip(id).statusCode(200).body("completed", equalTo(false));
    alice.get(id).body("completed", equalTo(false));
  }

  @Test
  void anEmptyObjectAndAnEmptyBodyFlipToo() {
    long id = alice.has("Buy milk");

    alice
        .request()
        .contentType(ContentType.JSON)
        .body("{}")
        .patch(User.TASKS + "/{id}/complete", id)
        .then()
        .statusCode(200)
        .body("completed", equalTo(true));
    alice
        .roughRequest() // Content-Type and no body
        .contentType(ContentType.JSON)
        .patch(User.TASKS + "/{id}/complete", id)
        .then()
        .statusCode(200)
        .body("completed", equalTo(false));
  }

  /** A generated Java client sends no other body for an absent one. */
  @Test
  void aNullAsBodyFlipsToo() {
    long id = alice.has("Buy milk");
    boolean completed = false;
    for (String body : List.of("null", " null\n")) {
      completed = !completed;
      alice
          .roughRequest()
          .contentType(ContentType.JSON)
          .body(body)
          .patch(User.TASKS + "/{id}/complete", id)
          .then()
          .statusCode(200)
          .body("completed", equalTo(completed));
    }
  }

  @Test
  void aBodyThatIsNotAnObjectFlipsNothing() {
    long id = alice.has("Buy milk");
    for (String body : List.of(" \n", "[]", "true", "\"null\"")) {
      alice
          .roughRequest()
          .contentType(ContentType.JSON)
          .body(body)
          .patch(User.TASKS + "/{id}/complete", id)
          .then()
          .statusCode(400)
          .body("errors.field", contains("body"));
    }
    alice.get(id).body("completed", equalTo(false));
  }

  @Test
  void withABodyTheCompletedFlagIsSetAndARetryIsHarmless() {
    long id = alice.has("Buy milk");

    for (boolean completed : new boolean[] {true, true, false, false}) {
      alice
          .request()
          .contentType(ContentType.JSON)
          .body(Map.of("completed", completed))
          .patch(User.TASKS + "/{id}/complete", id)
          .then()
          .statusCode(200)
          .body("completed", equalTo(completed));
    }
  }

  @Test
  void theUnversionedPathIsAnAlias() {
    String location =
        alice
            .roughRequest() // the alias is not in the document
            .contentType(ContentType.JSON)
            .body(Map.of("title", "Old client"))
            .post("/api/tasks")
            .then()
            .statusCode(201)
            .header("Location", matchesPattern(".*/api/v1/tasks/\\d+"))
            .extract()
            .header("Location");
    String id = location.substring(location.lastIndexOf('/') + 1);

    alice
        .roughRequest()
        .get("/api/tasks")
        .then()
        .statusCode(200)
        .body("title", contains("Old client"));
    alice
        .roughRequest()
        .patch("/api/tasks/{id}/complete", id)
        .then()
        .statusCode(200)
        .body("completed", equalTo(true));
    alice
        .roughRequest()
        .contentType(ContentType.JSON)
        .body(Map.of("title", "Renamed"))
        .put("/api/tasks/{id}", id)
        .then()
        .statusCode(200)
        .body("title", equalTo("Renamed"));
    alice.roughRequest().get("/api/tasks/{id}", id).then().statusCode(200);
    alice.roughRequest().delete("/api/tasks/{id}", id).then().statusCode(204);
    alice
        .roughRequest()
        .get("/api/tasks/{id}", id)
        .then()
        .statusCode(404)
        .body("instance", endsWith("/tasks/" + id));
  }

  /** JAX-RS would decode the query and split it at a semicolon. */
  @Test
  void theAliasAcceptsTheSameQueries() {
    for (String title : List.of("a+b", "a&b", "a;b=c", "n\n\u0301", "100% #1 ü{x}")) {
      User user = User.fresh();
      user.has(title + " 1");
      user.has(title + " 2");
      String query = "?limit=1&q=" + URLEncoder.encode(title, StandardCharsets.UTF_8);

      Response page =
          user.authorized().urlEncodingEnabled(false).get("/api/tasks" + query).andReturn();
      String link = page.then().statusCode(200).extract().header("Link");
      assertEquals(
          link, user.authorized().urlEncodingEnabled(false).get(User.TASKS + query).header("Link"));
      String next = link.replaceAll("<(.*)>; rel=\"next\"", "$1");
      assertTrue(next.contains(query + "&cursor="), next);
      for (String path : List.of(next, next.replace("/v1/", "/"))) {
        user.authorized()
            .urlEncodingEnabled(false)
            .get(path)
            .then()
            .statusCode(200)
            .body("title", contains(title + " 1"));
      }
    }
  }

  @Test
  void textLengthsAreCountedInCodePoints() {
    String title = "🦉".repeat(255);
    String description = "🦉".repeat(500);

    alice
        .post(Map.of("title", title, "description", description))
        .statusCode(201)
        .body("title", equalTo(title))
        .body("description", equalTo(description));
  }

  private long has(Map<String, Object> task) {
    return alice.post(task).statusCode(201).extract().jsonPath().getLong("id");
  }
}
