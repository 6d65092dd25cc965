package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entity tags and preconditions (RFC 9110, sections 8.8.3 and 13). */
@QuarkusTest
class TaskPreconditionsContract {

  private static final String TASK = User.TASKS + "/{id}";

  final User alice = User.fresh();
  final User bob = User.fresh();

  /** So the client can show both states without another request. */
  @Test
  void a412HasTheCurrentTaskAndItsTag() {
    long id = alice.has("Buy milk");
    alice.put(id, Map.of("title", "Buy tea")).statusCode(200);
    Map<String, Object> current = alice.get(id).extract().path("$");
    String path = User.TASKS + "/" + id;

    for (Response stale :
        List.of(
            alice
                .request()
                .header("If-Match", "\"1\"")
                .contentType("application/json")
                .body(Map.of("title", "x"))
                .put(path),
            alice.request().header("If-Match", "\"1\"").delete(path),
            alice.request().header("If-Match", "\"1\"").get(path),
            alice.request().header("If-None-Match", "*").patch(path + "/complete"))) {
      stale.then().statusCode(412).header("ETag", equalTo("\"2\""));
      assertEquals(current, stale.path("current"));
    }
    alice.delete(id).statusCode(204);
    alice
        .request()
        .header("If-Match", "\"1\"")
        .delete(path)
        .then()
        .statusCode(404)
        .body("current", nullValue());
    User.fresh()
        .request()
        .header("If-Match", "\"1\"")
        .delete(User.TASKS + "/" + alice.has("mine"))
        .then()
        .statusCode(403)
        .header("ETag", nullValue())
        .body("current", nullValue());
  }

  @Test
  void everyResponseWithOneTaskHasItsEntityTag() {
    ValidatableResponse created = alice.post(Map.of("title", "Buy milk")).statusCode(201);
    created.header("ETag", equalTo("\"1\"")).body("version", equalTo(1));
    long id = created.extract().jsonPath().getLong("id");

    alice.get(id).header("ETag", equalTo("\"1\"")).body("version", equalTo(1));
    alice
        .put(id, Map.of("title", "Buy tea"))
        .header("ETag", equalTo("\"2\""))
        .body("version", equalTo(2));
    alice.flip(id).header("ETag", equalTo("\"3\"")).body("version", equalTo(3));
    alice.roughRequest().head(TASK, id).then().statusCode(200).header("ETag", equalTo("\"3\""));
    alice.list("").body("version", contains(3));
    alice.delete(id).header("ETag", equalTo("\"4\""));
    alice.get(id).statusCode(404).header("ETag", nullValue());
  }

  @Test
  void aRequestThatChangesNothingKeepsTheEntityTag() {
    long id = alice.has("Buy milk");

    alice.put(id, Map.of("title", "Buy milk", "version", 7)).header("ETag", equalTo("\"1\""));
    set(id, false).header("ETag", equalTo("\"1\""));
    alice.get(id).header("ETag", equalTo("\"1\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\"1\"", "W/\"1\"", "*", "\"0\", \"1\"", "\"0\",,W/\"1\" ,", "\"a,b\",\"1\""})
  void aMatchingIfNoneMatchIs304(String tags) {
    long id = alice.has("Buy milk");

    for (String method : List.of("GET", "HEAD")) {
      alice
          .roughRequest()
          .header("If-None-Match", tags)
          .request(method, TASK, id)
          .then()
          .statusCode(304)
          .header("ETag", equalTo("\"1\""))
          .body(equalTo(""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"2\"", "W/\"2\"", "\"\"", "\"W/1\"", "\"11\"", "\"*\"", "\"\\1\""})
  void anotherIfNoneMatchReturnsTheTask(String tags) {
    long id = alice.has("Buy milk");

    alice
        .request()
        .header("If-None-Match", tags)
        .get(TASK, id)
        .then()
        .statusCode(200)
        .body("title", equalTo("Buy milk"));
  }

  @Test
  void theVersionFromAListIsAValidEntityTag() {
    alice.has("Buy milk");
    Map<String, Object> task = alice.list("").extract().jsonPath().getMap("[0]");
    long id = ((Number) task.get("id")).longValue();

    putIf(id, "\"" + task.get("version") + "\"", "Buy tea").statusCode(200);
    putIf(id, "\"" + task.get("version") + "\"", "Buy gin").statusCode(412);
    alice.get(id).body("title", equalTo("Buy tea"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"1\"", "*", "\"0\", \"1\"", "\"0\" , , \"1\",W/\"1\""})
  void aMatchingIfMatchAllowsTheChange(String tags) {
    long id = alice.has("Buy milk");

    putIf(id, tags, "Buy tea").statusCode(200).body("title", equalTo("Buy tea"));
  }

  /** A weak entity tag never matches If-Match (RFC 9110, section 13.1.1). */
  @ParameterizedTest
  @ValueSource(strings = {"\"2\"", "W/\"1\"", "\"\"", "\"0\", \"2\"", "\"*\""})
  void aStaleIfMatchIs412(String tags) {
    long id = alice.has("Buy milk");

    putIf(id, tags, "Buy tea")
        .statusCode(412)
        .contentType("application/problem+json")
        .body("title", equalTo("Precondition Failed"))
        .body("detail", equalTo("If-Match does not name the current entity tag."));
    alice.get(id).body("title", equalTo("Buy milk")).body("version", equalTo(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "\"1",
        "1\"",
        "w/\"1\"",
        "\"1\" \"2\"",
        "*, \"1\"",
        "**",
        "",
        ",",
        "\"1\";q=1"
      })
  void aMalformedPreconditionIs400WithTheHeaderName(String tags) {
    long id = alice.has("Buy milk");

    for (String header : List.of("If-Match", "If-None-Match")) {
      alice
          .roughRequest()
          .header(header, tags)
          .get(TASK, id)
          .then()
          .statusCode(400)
          .body("errors.field", contains(header));
    }
    putIf(id, tags, "Buy tea").statusCode(400);
    alice.get(id).body("title", equalTo("Buy milk"));
  }

  @Test
  void aLongListOfEntityTagsIsReadCompletely() {
    long id = alice.has("Buy milk");

    putIf(id, "\"\",".repeat(1500) + "\"1\"", "Buy tea").statusCode(200);
    putIf(id, "\"\",".repeat(1500) + "\"1\"", "Buy gin").statusCode(412);
    putIf(id, ",".repeat(6000), "Buy gin").statusCode(400);
  }

  @Test
  void everyTaskOperationHonoursPreconditions() {
    for (Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        long id = alice.has("Buy milk");

        send(operation, alice, id, "If-Match", "\"2\"").statusCode(412);
        send(operation, alice, id, "If-None-Match", "*")
            .statusCode(operation.method().equals("GET") ? 304 : 412);
        alice.get(id).body("version", equalTo(1));
        send(operation, alice, id, "If-None-Match", "\"2\"")
            .header("ETag", notNullValue())
            .statusCode(operation.method().equals("DELETE") ? 204 : 200);
      }
    }
  }

  /** The example in the document sets the flag. A flip without a body takes another code path. */
  @Test
  void aFlipHonoursPreconditions() {
    long id = alice.has("Buy milk");
    String flip = User.TASKS + "/" + id + "/complete";

    alice.request().header("If-Match", "\"2\"").patch(flip).then().statusCode(412);
    alice.request().header("If-None-Match", "*").patch(flip).then().statusCode(412);
    alice.get(id).body("version", equalTo(1));
    alice.request().header("If-Match", "\"1\"").patch(flip).then().statusCode(200);
  }

  @Test
  void preconditionsRevealNothingAboutAnotherUsersTask() {
    for (Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        long id = alice.has("Buy milk");
        for (String tag : List.of("\"1\"", "\"2\"", "*", "malformed")) {
          for (String header : List.of("If-Match", "If-None-Match")) {
            send(operation, bob, id, header, tag).statusCode(403).header("ETag", nullValue());
            send(operation, bob, Long.MAX_VALUE, header, tag).statusCode(404);
          }
        }
        alice.get(id).body("version", equalTo(1));
      }
    }
  }

  @Test
  void equalTextsOfTwoVersionsHaveDifferentEntityTags() {
    long id = alice.has("Buy milk");
    alice.put(id, Map.of("title", "Buy tea"));
    alice.put(id, Map.of("title", "Buy milk"));

    putIf(id, "\"1\"", "Buy gin").statusCode(412);
    String tag = alice.get(id).extract().header("ETag");
    assertEquals("\"3\"", tag);
    assertTrue(putIf(id, tag, "Buy gin").extract().statusCode() == 200);
  }

  private ValidatableResponse send(
      Operation operation, User user, long id, String header, String value) {
    return operation.send(user.roughRequest().header(header, value), id).then();
  }

  private ValidatableResponse putIf(long id, String tags, String title) {
    return alice
        .roughRequest()
        .header("If-Match", tags)
        .contentType(ContentType.JSON)
        .body(Map.of("title", title))
        .put(TASK, id)
        .then();
  }

  private ValidatableResponse set(long id, boolean completed) {
    return alice
        .request()
        .contentType(ContentType.JSON)
        .body(Map.of("completed", completed))
        .patch(TASK + "/complete", id)
        .then();
  }
}
