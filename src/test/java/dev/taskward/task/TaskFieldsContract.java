package dev.taskward.task;

import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Due date, priority, tags, position, metadata, and the times of completion and deletion. */
@QuarkusTest
class TaskFieldsContract {

  private static final Map<String, Object> FIELDS =
      Map.of(
          "due", "2026-01-13T18:00",
          "due_zone", "Europe/Berlin",
          "priority", "high",
          "tags", List.of("shopping", "home"),
          "position", "a0",
          "metadata", Map.of("color", "green", "shop", "7"));

  private static final String DATE_OR_TIME =
      "must be a date like 2026-01-13 or a local time like 2026-01-13T10:00";

  private static final String NOT_STORABLE = "must not contain U+0000 or an unpaired surrogate";

  final User alice = User.fresh();

  @Test
  void aCreateStoresEveryField() {
    Map<String, Object> created = alice.post(withTitle(FIELDS)).statusCode(201).extract().path("");

    assertEquals(FIELDS, only(created, FIELDS.keySet().toArray(String[]::new)));
    assertEquals(created, task(idOf(created)));
    alice.list("").body("[0]", equalTo(created));
  }

  @Test
  void withoutThemTheFieldsAreEmpty() {
    alice
        .post(Map.of("title", "Buy milk"))
        .statusCode(201)
        .body("due", nullValue())
        .body("due_zone", nullValue())
        .body("priority", nullValue())
        .body("tags", empty())
        .body("position", nullValue())
        .body("metadata", anEmptyMap())
        .body("completed_at", nullValue())
        .body("deleted_at", nullValue());
    alice
        .postText(
            "{\"due\": null, \"due_zone\": null, \"priority\": null, \"tags\": [],"
                + " \"position\": null, \"metadata\": {}}")
        .statusCode(201)
        .body("tags", empty())
        .body("metadata", anEmptyMap());
  }

  /** A field, and a body with its value, which PUT and PATCH store in the same way. */
  static Stream<JsonObject> changes() {
    return Stream.of(
            "{'due': '2026-02-01T09:30:15'}",
            "{'due_zone': 'America/New_York'}",
            "{'due_zone': null}",
            "{'due': '2026-02-01', 'due_zone': null}",
            "{'priority': 'low'}",
            "{'priority': null}",
            "{'tags': ['home', 'shopping']}",
            "{'tags': []}",
            "{'position': 'Zz'}",
            "{'position': null}",
            "{'title': 'Buy tea'}",
            "{'description': 'Green'}")
        .map(body -> new JsonObject(body.replace('\'', '"')));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void putAndPatchChangeTheFieldsThatAreSentAndNoOthers(JsonObject change) {
    for (Function<Long, ValidatableResponse> request : writes(change.encode())) {
      Map<String, Object> before = created(FIELDS);
      Map<String, Object> expected = new HashMap<>(before);
      expected.putAll(change.getMap());
      expected.replaceAll((field, value) -> value instanceof JsonArray a ? a.getList() : value);
      expected.put("version", 2);

      Map<String, Object> after = request.apply(idOf(before)).statusCode(200).extract().path("");

      assertTrue(after.get("updated_at").toString().compareTo(time(before, "updated_at")) > 0);
      expected.put("updated_at", after.get("updated_at"));
      assertEquals(expected, after);
      assertEquals(after, task(idOf(before)));
    }
  }

  @Test
  void aDueOfNullClearsTheZone() {
    for (Function<Long, ValidatableResponse> request : writes("{\"due\": null}")) {
      request
          .apply(idOf(created(FIELDS)))
          .statusCode(200)
          .body("due", nullValue())
          .body("due_zone", nullValue());
    }
  }

  /** RFC 7396 for the object, too: keys are merged, null removes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'color': 'red'}                | {'color': 'red', 'shop': '7'}",
        "{'size': 'XL'}                  | {'color': 'green', 'shop': '7', 'size': 'XL'}",
        "{'color': null}                 | {'shop': '7'}",
        "{'color': null, 'size': ''}     | {'shop': '7', 'size': ''}",
        "{'color': null, 'shop': null}   | {}",
        "{'nothing': null}               | {'color': 'green', 'shop': '7'}",
        "{}                              | {'color': 'green', 'shop': '7'}",
        "null                            | {}",
      },
      quoteCharacter = '`')
  void aPatchMergesTheMetadata(String patch, String expected) {
    Map<String, Object> before = created(FIELDS);
    boolean changes = !object(expected).equals(before.get("metadata"));

    alice
        .patch(idOf(before), "{\"metadata\": " + patch.replace('\'', '"') + "}")
        .statusCode(200)
        .body("metadata", equalTo(object(expected)))
        .body("version", equalTo(changes ? 2 : 1));
    alice.get(idOf(before)).body("metadata", equalTo(object(expected)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'color': 'red'}", "{'size': 'XL', 'a': ''}", "{}"})
  void aPutReplacesTheMetadata(String metadata) {
    long id = idOf(created(FIELDS));

    alice
        .put(id, Map.of("metadata", object(metadata)))
        .statusCode(200)
        .body("metadata", equalTo(object(metadata)));
    alice.get(id).body("metadata", equalTo(object(metadata)));
  }

  private static Map<String, Object> object(String json) {
    return new JsonObject(json.replace('\'', '"')).getMap();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"metadata\": null}", "{\"metadata\": {\"color\": null}}"})
  void nullInMetadataIsForPatchesOnly(String body) {
    long id = idOf(created(FIELDS));

    alice
        .putText(id, body)
        .statusCode(400)
        .body("errors.field", contains("metadata"))
        .body("errors.message", contains("must be an object of strings, without null"));
    alice.postText(body).statusCode(400).body("errors.message", contains("must not be null"));
    alice.get(id).body("metadata", equalTo(FIELDS.get("metadata"))).body("version", equalTo(1));
  }

  /** Dates and times as sent: nothing is converted, and no date moves. */
  @ParameterizedTest
  @CsvSource({
    "2026-01-13,",
    "2024-02-29,",
    "0001-01-01,",
    "9999-12-31,",
    "2026-01-13T18:00,",
    "2026-01-13T18:00:00,",
    "2026-01-13T18:00:59,",
    "9999-12-31T23:59:59,",
    "0001-01-01T00:00, Pacific/Kiritimati",
    "9999-12-31T23:59:59, Etc/GMT+12",
    "2026-01-13T18:00, Europe/Berlin",
    "2026-01-13T18:00, UTC",
    "2026-01-13T18:00, Etc/GMT-14",
    "2026-01-13T18:00, US/Pacific",
    "2026-01-13T18:00, Asia/Calcutta",
    "2026-01-13T18:00, GMT0",
    "2026-01-13T18:00, America/Argentina/ComodRivadavia",
    "2026-03-29T02:30, Europe/Berlin", // the zone skips this time
    "2026-10-25T02:30, Europe/Berlin", // and repeats this one
  })
  void dueAndZoneAreKeptAsSent(String due, String zone) {
    Map<String, Object> body = new HashMap<>(Map.of("title", "Buy milk", "due", due));
    body.put("due_zone", zone);
    long id = idOf(alice.post(body).statusCode(201).extract().path(""));

    alice.get(id).body("due", equalTo(due)).body("due_zone", equalTo(zone));
    alice.list("").body("due", contains(due)).body("due_zone", contains(zone));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "today",
        "2026",
        "2026-01",
        "2026-1-3",
        "20260113",
        "2026-02-29",
        "2026-02-30",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "0000-01-01",
        "10000-01-01",
        "+2026-01-13",
        "-2026-01-13",
        " 2026-01-13",
        "2026-01-13 ",
        "2026-01-13\\n",
        "2026-W03-2",
        "2026-01-13T",
        "2026-01-13T10",
        "2026-01-13T1000",
        "2026-01-13 10:00",
        "2026-01-13t10:00",
        "2026-01-13T24:00",
        "2026-01-13T10:60",
        "2026-01-13T10:00:60",
        "2026-01-13T10:00:00.5",
        "2026-01-13Z",
        "٢٠٢٦-٠١-١٣",
        "Tue, 13 Jan 2026 10:00:00 GMT"
      })
  void anotherFormOfDueIsRefused(String due) {
    assertRefused("due", DATE_OR_TIME, "\"due\": \"" + due + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-13T10:00Z",
        "2026-01-13T10:00:00Z",
        "2026-01-13T10:00:00.123Z",
        "2026-01-13T10:00:00.123456789Z",
        "2026-01-13T10:00z",
        "2026-01-13T10:00+01:00",
        "2026-01-13T10:00:00-0800",
        "2026-01-13T10:00+01",
        "2026-01-13 10:00:00+01:00",
        "2026-01-13T10:00:00+01:00[Europe/Berlin]"
      })
  void anOffsetIsRefusedWithAHintAtTheZone(String due) {
    assertRefused(
        "due", "must have no offset; send the zone in due_zone", "\"due\": \"" + due + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Europe/Nowhere",
        "europe/berlin",
        " Europe/Berlin",
        "Berlin",
        "Z",
        "UTC+1",
        "+01:00",
        "GMT+1",
        "CEST",
        "SystemV/PST8",
        "../../etc/passwd"
      })
  void anUnknownZoneIsRefused(String zone) {
    assertRefused(
        "due_zone",
        "must be an IANA time zone like Europe/Berlin",
        "\"due\": \"2026-01-13T10:00\", \"due_zone\": \"" + zone + "\"");
  }

  @Test
  void aZoneNeedsATime() {
    String message = "must be null unless due has a time";
    assertRefused("due_zone", message, "\"due\": \"2026-01-13\", \"due_zone\": \"UTC\"");
    assertRefused("due_zone", message, "\"due\": null, \"due_zone\": \"UTC\"");
    long id = alice.has("Buy milk");
    long zoned = idOf(created(FIELDS));
    for (Function<Long, ValidatableResponse> request : writes("{\"due_zone\": \"UTC\"}")) {
      request.apply(id).statusCode(400).body("errors.field", contains("due_zone"));
    }
    for (Function<Long, ValidatableResponse> request : writes("{\"due\": \"2026-01-13\"}")) {
      request.apply(zoned).statusCode(400).body("errors.message", contains(message));
    }
    alice.get(zoned).body("due", equalTo("2026-01-13T18:00")).body("version", equalTo(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"low", "normal", "high", "urgent"})
  void aPriorityHasAName(String priority) {
    long id = idOf(created(Map.of("priority", priority)));

    alice.get(id).body("priority", equalTo(priority));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HIGH", "High", " high", "medium", "3", "none"})
  void anotherPriorityIsRefused(String priority) {
    assertRefused(
        "priority", "must be low, normal, high or urgent", "\"priority\": \"" + priority + "\"");
  }

  /** Tags that the text form of PostgreSQL's arrays would change, and the bounds. */
  static Stream<List<String>> tags() {
    return Stream.of(
        List.of("a"),
        List.of("b", "a", "c"),
        List.of("home", "Home", "HOME"),
        List.of("résumé", "resume"),
        List.of(" a ", "a", "a\u200b", "\ta\n"),
        List.of("a\"b", "a\\b", "a,b", "{a,b}", "{}", "\"", "\\", "'", "NULL", "null", "()"),
        List.of("🦉".repeat(50), "x".repeat(50)),
        List.of("日本語", "❤️", "#tag", "a:b", "שלום"),
        IntStream.range(0, 20).mapToObj(i -> "🦉".repeat(48) + (char) ('a' + i) + "x").toList());
  }

  @ParameterizedTest
  @MethodSource("tags")
  void tagsAreKeptInTheirOrder(List<String> tags) {
    long id = idOf(created(Map.of("tags", tags)));
    alice.get(id).body("tags", equalTo(tags));

    long other = alice.has("Buy tea");
    alice.put(other, Map.of("tags", tags)).statusCode(200).body("tags", equalTo(tags));
    alice.get(other).body("tags", equalTo(tags));
  }

  @Test
  void tagsAreStoredInNfc() {
    String decomposed = "cafe\u0301";
    String tags = "[\"%s\", \"%s\"]".formatted(decomposed, "e\u0301".repeat(50));
    long id = idOf(alice.postText("{\"tags\": " + tags + "}").statusCode(201).extract().path(""));

    alice.get(id).body("tags", contains("café", "é".repeat(50)));
    alice.put(id, Map.of("tags", List.of("café", "é".repeat(50)))).body("version", equalTo(1));
    assertRefused(
        "tags", "must not contain a tag twice", "\"tags\": [\"café\", \"" + decomposed + "\"]");
  }

  static Stream<List<String>> wrongTags() {
    String bounds = "must be tags of 1 to 50 characters, at least one of them visible";
    String twice = "must not contain a tag twice";
    String many =
        IntStream.range(0, 21).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
    return Stream.of(
        List.of("[" + many + "]", "must be at most 20 tags"),
        List.of("[\"a\", \"b\", \"a\"]", twice),
        List.of("[\"Å\", \"\u212b\"]", twice), // the angstrom sign
        List.of("[\"\"]", bounds),
        List.of("[\" \\t\"]", bounds),
        List.of("[\"a\", \"" + "x".repeat(51) + "\"]", bounds),
        List.of("[\"" + "🦉".repeat(51) + "\"]", bounds),
        List.of("[\"a\\u0000\"]", NOT_STORABLE),
        List.of("[\"\\ud800\"]", NOT_STORABLE),
        List.of("[1]", "must be a string"),
        List.of("[true]", "must be a string"),
        List.of("[[\"a\"]]", "must be a string"),
        List.of("[null]", "must not be null"),
        List.of("null", "must not be null"),
        List.of("\"a\"", "must be an array"),
        List.of("{}", "must be an array"));
  }

  @ParameterizedTest
  @MethodSource("wrongTags")
  void otherTagsAreRefused(List<String> tagsAndMessage) {
    assertRefused("tags", tagsAndMessage.get(1), "\"tags\": " + tagsAndMessage.get(0));
  }

  @Test
  void aPositionHasUpTo64LettersAndDigits() {
    for (String position : List.of("0", "Zz9", "a".repeat(64))) {
      alice.get(idOf(created(Map.of("position", position)))).body("position", equalTo(position));
    }
    for (String position : List.of("", " ", "a b", "a-b", "a_", "é", "٣", "a\\n", "a".repeat(65))) {
      assertRefused(
          "position",
          "must be 1 to 64 characters 0-9, A-Z, a-z",
          "\"position\": \"" + position + "\"");
    }
  }

  /** Keys and values at the bounds, and values that look like something else. */
  static Stream<Map<String, String>> metadata() {
    Map<String, String> sixteen =
        IntStream.range(0, 16)
            .boxed()
            .collect(Collectors.toMap(i -> "k".repeat(38) + (10 + i), i -> "x".repeat(88)));
    return Stream.of(
        Map.of("a", ""),
        Map.of("A-z_0.9", " \n\t\"\\'{}[]"),
        Map.of("k".repeat(40), "x".repeat(500)),
        Map.of("a", "🦉".repeat(500)), // 2,001 bytes
        Map.of("__proto__", "1", "constructor", "2", "null", "3"),
        sixteen); // 2,048 bytes
  }

  @ParameterizedTest
  @MethodSource("metadata")
  void metadataIsKeptAsSent(Map<String, String> metadata) {
    long id = idOf(created(Map.of("metadata", metadata)));

    alice.get(id).body("metadata", equalTo(metadata));
  }

  static Stream<List<String>> wrongMetadata() {
    String keys = "must have keys of 1 to 40 characters A-Z, a-z, 0-9, _ . -";
    String values = "must have values of at most 500 characters";
    String together = "must have at most 16 keys and 2 KiB together";
    String seventeen =
        IntStream.range(0, 17)
            .mapToObj(i -> "\"k" + i + "\": \"\"")
            .collect(Collectors.joining(","));
    return Stream.of(
        List.of("{\"\": \"a\"}", keys),
        List.of("{\"a b\": \"a\"}", keys),
        List.of("{\"é\": \"a\"}", keys),
        List.of("{\"a\\u0000\": \"a\"}", keys),
        List.of("{\"" + "k".repeat(41) + "\": \"a\"}", keys),
        List.of("{\"a\": \"" + "x".repeat(501) + "\"}", values),
        List.of("{\"a\": \"" + "🦉".repeat(501) + "\"}", values),
        List.of("{\"a\": \"\\u0000\"}", NOT_STORABLE),
        List.of("{\"a\": \"\\udc00\"}", NOT_STORABLE),
        List.of("{" + seventeen + "}", together),
        // 2,049 bytes
        List.of(
            "{\"a\": \"" + "🦉".repeat(500) + "\", \"b\": \"" + "x".repeat(47) + "\"}", together));
  }

  @ParameterizedTest
  @MethodSource("wrongMetadata")
  void otherMetadataIsRefused(List<String> metadataAndMessage) {
    assertRefused(
        "metadata", metadataAndMessage.get(1), "\"metadata\": " + metadataAndMessage.get(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "due        | must be a string      | 20260113",
        "due        | must be a string      | {}",
        "due_zone   | must be a string      | 1",
        "priority   | must be a string      | 1",
        "priority   | must be a string      | []",
        "position   | must be a string      | 1.5",
        "metadata   | must be a JSON object | []",
        "metadata   | must be a JSON object | \"a\"",
        "metadata   | must be a JSON object | 1",
        "metadata.a | must be a string      | {\"a\": 1}",
        "metadata.a | must be a string      | {\"a\": {\"b\": \"c\"}}",
      })
  void aWrongTypeNamesTheField(String field, String message, String value) {
    assertRefused(field, message, "\"" + field.replaceAll("\\..*", "") + "\": " + value);
  }

  /** The bounds hold for the object after the merge, not for the patch. */
  @Test
  void aPatchCannotExceedTheBoundsOfMetadata() {
    Map<String, String> full =
        IntStream.range(0, 16).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v"));
    long id = idOf(created(Map.of("metadata", full)));

    alice
        .patch(id, "{\"metadata\": {\"another\": \"\"}}")
        .statusCode(400)
        .body("errors.field", contains("metadata"))
        .body("errors.message", contains("must have at most 16 keys and 2 KiB together"));
    alice.patch(id, "{\"metadata\": {\"another\": \"\", \"k0\": null}}").statusCode(200);
    alice.get(id).body("metadata.size()", equalTo(16)).body("version", equalTo(2));
  }

  @Test
  void allInvalidFieldsAreReportedAtOnce() {
    alice
        .postText(
            "{\"title\": \" \", \"due\": \"x\", \"due_zone\": \"x\", \"priority\": \"x\","
                + " \"tags\": [\"\"], \"position\": \"!\", \"metadata\": {\"\": \"\"}}")
        .statusCode(400)
        .body(
            "errors.field",
            containsInAnyOrder(
                "title", "due", "due_zone", "priority", "tags", "position", "metadata"));
  }

  /** Its client knows the fields of the first release only. */
  @Test
  void anOldClientClearsNothing() {
    Map<String, Object> before = created(FIELDS);
    Map<String, Object> old =
        only(
            before,
            "id",
            "user_id",
            "title",
            "description",
            "completed",
            "deleted",
            "created_at",
            "updated_at",
            "purge_at",
            "version");
    old.put("title", "Buy tea");

    Map<String, Object> after = alice.put(idOf(before), old).statusCode(200).extract().path("");

    assertEquals("Buy tea", after.get("title"));
    assertEquals(FIELDS, only(after, FIELDS.keySet().toArray(String[]::new)));
  }

  @Test
  void aWholeTaskCanBeSentBackByEveryMethod() {
    Map<String, Object> before = created(FIELDS);
    alice.flip(idOf(before)).statusCode(200);
    Map<String, Object> task = task(idOf(before));
    Map<String, Object> forged = new HashMap<>(task);
    forged.put("completed_at", "2000-01-01T00:00:00Z");
    forged.put("deleted_at", "2000-01-01T00:00:00Z");
    String body = new JsonObject(forged).encode();

    for (Function<Long, ValidatableResponse> request : writes(body)) {
      assertEquals(task, request.apply(idOf(before)).statusCode(200).extract().path(""));
    }
    Map<String, Object> copy = alice.postText(body).statusCode(201).extract().path("");
    assertEquals(FIELDS, only(copy, FIELDS.keySet().toArray(String[]::new)));
    assertEquals(copy.get("created_at"), copy.get("completed_at"));
    assertEquals(null, copy.get("deleted_at"));
  }

  @Test
  void aTaskCreatedCompletedHasTheTimeOfItsCreation() {
    Map<String, Object> created = created(Map.of("completed", true));

    assertEquals(created.get("created_at"), created.get("completed_at"));
    assertEquals(created, task(idOf(created)));
  }

  static Stream<List<String>> completions() {
    return Stream.of(
        List.of("PATCH", "/complete", "application/json", ""),
        List.of("PATCH", "/complete", "application/json", "{\"completed\": #}"),
        List.of("PUT", "", "application/json", "{\"completed\": #}"),
        List.of("PATCH", "", "application/merge-patch+json", "{\"completed\": #}"));
  }

  @ParameterizedTest
  @MethodSource("completions")
  void completedAtIsSetOnCompletionAndClearedOnReopening(List<String> way) {
    long id = alice.has("Buy milk");

    Map<String, Object> completed = complete(id, way, true);
    assertEquals(true, completed.get("completed"));
    assertEquals(completed.get("updated_at"), completed.get("completed_at"));
    assertEquals(completed, task(id));

    alice.put(id, Map.of("title", "Buy tea", "completed", true)).statusCode(200);
    alice
        .get(id)
        .body("completed_at", equalTo(completed.get("completed_at")))
        .body("version", equalTo(3));

    Map<String, Object> reopened = complete(id, way, false);
    assertEquals(false, reopened.get("completed"));
    assertEquals(null, reopened.get("completed_at"));
    assertEquals(reopened, task(id));

    Map<String, Object> again = complete(id, way, true);
    assertTrue(time(again, "completed_at").compareTo(time(completed, "completed_at")) > 0);
  }

  private Map<String, Object> complete(long id, List<String> way, boolean completed) {
    return alice
        .roughRequest()
        .contentType(way.get(2))
        .body(way.get(3).replace("#", Boolean.toString(completed)))
        .request(way.get(0), User.TASKS + "/" + id + way.get(1))
        .then()
        .statusCode(200)
        .extract()
        .path("");
  }

  @Test
  void aRepeatedCompletionKeepsItsTime() {
    long id = alice.has("Buy milk");
    Map<String, Object> first = alice.flip(id).extract().path("");

    for (List<String> way : completions().skip(1).toList()) {
      assertEquals(first, complete(id, way, true));
    }
  }

  @Test
  void deletedAtIsTheTimeOfTheDeletion() {
    Map<String, Object> before = created(FIELDS);
    long id = idOf(before);
    alice.flip(id).statusCode(200);
    Map<String, Object> living = task(id);
    alice.delete(id).statusCode(204);

    Map<String, Object> deleted = alice.list("?deleted=true").extract().path("[0]");
    assertEquals(deleted.get("updated_at"), deleted.get("deleted_at"));
    assertEquals(living.get("completed_at"), deleted.get("completed_at"));
    Map<String, Object> restored =
        alice
            .request()
            .post(User.TASKS + "/{id}/restore", id)
            .then()
            .statusCode(200)
            .extract()
            .path("");
    living.put("version", 4);
    living.put("updated_at", restored.get("updated_at"));
    assertEquals(living, restored); // deleted_at is null again, the other fields are the same
  }

  @Test
  void theSameValuesAreNoChange() {
    Map<String, Object> before = created(FIELDS);
    Map<String, Object> same = new HashMap<>(FIELDS);
    same.put("title", before.get("title"));
    same.put("completed", false);

    for (Function<Long, ValidatableResponse> request : writes(new JsonObject(same).encode())) {
      request.apply(idOf(before)).statusCode(200).header("ETag", equalTo("\"1\""));
    }
    same.forEach(
        (field, value) ->
            assertEquals(
                before,
                alice
                    .patch(idOf(before), new JsonObject().put(field, value).encode())
                    .statusCode(200)
                    .extract()
                    .path(""),
                field));
  }

  @Test
  void aStaleEntityTagChangesNoField() {
    Map<String, Object> before = created(FIELDS);
    String patch = "{\"due\": null, \"tags\": [], \"metadata\": {\"color\": null}}";

    patchIf("\"2\"", idOf(before), patch).statusCode(412);
    assertEquals(before, task(idOf(before)));
    patchIf("\"1\"", idOf(before), patch)
        .statusCode(200)
        .header("ETag", equalTo("\"2\""))
        .body("due", nullValue())
        .body("tags", empty())
        .body("metadata", equalTo(Map.of("shop", "7")));
  }

  private ValidatableResponse patchIf(String tag, long id, String patch) {
    return alice
        .request()
        .header("If-Match", tag)
        .contentType("application/merge-patch+json")
        .body(patch)
        .patch(User.TASKS + "/{id}", id)
        .then();
  }

  @Test
  void aRepeatedPatchOfMetadataIsReplayed() {
    long id = idOf(created(FIELDS));
    String patch = "{\"metadata\": {\"color\": null}, \"priority\": \"urgent\"}";

    String first = patchWithKey("a", id, patch).statusCode(200).extract().asString();
    alice.put(id, Map.of("metadata", Map.of("color", "red"))).statusCode(200);
    patchWithKey("a", id, patch)
        .header("Idempotency-Replayed", equalTo("true"))
        .body("metadata", equalTo(Map.of("shop", "7")))
        .body("priority", equalTo("urgent"));

    assertEquals(first, patchWithKey("a", id, patch).extract().asString());
    patchWithKey("a", id, "{\"metadata\": {\"color\": null}}").statusCode(422);
    alice.get(id).body("metadata", equalTo(Map.of("color", "red")));
  }

  private ValidatableResponse patchWithKey(String key, long id, String patch) {
    return alice
        .request()
        .header("Idempotency-Key", key)
        .contentType("application/merge-patch+json")
        .body(patch)
        .patch(User.TASKS + "/{id}", id)
        .then();
  }

  @Test
  void aRepeatedCreateWithAllFieldsMakesOneTask() {
    String task = new JsonObject(withTitle(FIELDS)).encode();

    for (String replayed : new String[] {null, "true"}) {
      alice
          .request()
          .header("Idempotency-Key", "a")
          .contentType("application/json")
          .body(task)
          .post(User.TASKS)
          .then()
          .statusCode(201)
          .header("Idempotency-Replayed", equalTo(replayed))
          .body("tags", equalTo(FIELDS.get("tags")));
    }
    alice.list("").body("$", hasSize(1));
  }

  /** Each of these bodies is refused by all three operations, and changes nothing. */
  private void assertRefused(String field, String message, String fields) {
    String body = "{" + fields + "}";
    long id = alice.has("Buy milk");
    List<Function<Long, ValidatableResponse>> requests =
        Stream.concat(
                Stream.<Function<Long, ValidatableResponse>>of(any -> alice.postText(body)),
                writes(body).stream())
            .toList();
    for (Function<Long, ValidatableResponse> request : requests) {
      request
          .apply(id)
          .statusCode(400)
          .contentType("application/problem+json")
          .body("detail", equalTo("The input is invalid."))
          .body("errors", equalTo(List.of(Map.of("field", field, "message", message))));
    }
    alice.get(id).body("version", equalTo(1));
  }

  /** The same body by PUT and by PATCH. */
  private List<Function<Long, ValidatableResponse>> writes(String body) {
    return List.of(id -> alice.putText(id, body), id -> alice.patch(id, body));
  }

  private Map<String, Object> created(Map<String, ?> fields) {
    return alice.post(withTitle(fields)).statusCode(201).extract().path("");
  }

  private Map<String, Object> task(long id) {
    return alice.get(id).statusCode(200).extract().path("");
  }

  private static Map<String, Object> withTitle(Map<String, ?> fields) {
    Map<String, Object> task = new HashMap<>(fields);
    task.put("title", "Buy milk");
    return task;
  }

  private static Map<String, Object> only(Map<String, Object> task, String... fields) {
    Map<String, Object> some = new HashMap<>(task);
    some.keySet().retainAll(List.of(fields));
    return some;
  }

  private static long idOf(Map<String, Object> task) {
    return ((Number) task.get("id")).longValue();
  }

  private static String time(Map<String, Object> task, String field) {
    return task.get(field).toString();
  }
}
