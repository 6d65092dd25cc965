package dev.taskward;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attempts to reach another user's tasks, or the API without a token. Attacks on a single feature
 * are in the tests of that feature. docs/security.md lists all of them.
 */
@QuarkusTest
class AttackContract {

  private static final String MARK = "only for alice's eyes";

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();
  final User bob = User.fresh();

  /** Only paths under /q need no token, and no spelling of them leads to the API. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/tasks",
        "/api/tasks",
        "//api/v1/tasks",
        "/api/v1/tasks;x=y",
        "/api/v1/%74asks",
        "/api%2Fv1%2Ftasks",
        "/api/v1/tasks%00",
        "/./api/v1/tasks",
        "/q/../api/v1/tasks",
        "/q/%2e%2e/api/v1/tasks",
        "/q/..%2fapi/v1/tasks",
        "/q/%252e%252e/api/v1/tasks",
        "/q/..;/api/v1/tasks",
        "/q;/../api/v1/tasks",
        "/q/;/../../api/v1/tasks",
        "/q//../api/v1/tasks",
        "/q/\\..\\..\\api\\v1\\tasks",
        "/q/health/../../api/v1/tasks",
        "/api/v1/tasks;jsessionid=/q/",
        "/api/v1/tasks#/q/health",
        "http://localhost/q/../api/v1/tasks",
        "http://localhost/q/health/../../api/tasks",
        "/dev/token",
        "/q/dev-ui",
        "*"
      })
  void noSpellingOfAPathBypassesTheToken(String target) throws IOException {
    for (String method : List.of("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "get")) {
      String answer =
          exchange(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");

      assertTrue(answer.matches("(?s)HTTP/1.1 4\\d\\d .*"), method + ": " + answer);
      assertFalse(answer.contains("user_id"), answer);
    }
  }

  @Test
  void noSpellingOfAPathReachesAnotherUsersTask() throws IOException {
    long id = alice.has(MARK);
    for (String path :
        List.of(
            "/api/tasks/" + id,
            "//api/v1/tasks/" + id,
            "/api/v1/tasks/0000" + id,
            "/api/v1/tasks/" + id + ";user_id=" + alice.name(),
            "/api/v1/tasks;user_id=" + alice.name() + "/" + id,
            "/api/v1/tasks/" + id + "/",
            "/api/v1/tasks/%3" + Long.toString(id).charAt(0) + Long.toString(id).substring(1),
            "/api/v1/tasks/1/../" + id,
            "/q/../api/v1/tasks/" + id)) {
      String answer =
          exchange(
              "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
                  .formatted(path, authorization(bob)));

      assertTrue(answer.startsWith("HTTP/1.1 403 "), path + ": " + answer);
      assertFalse(answer.contains(MARK) || answer.contains("ETag"), path + ": " + answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Proxy-Authorization: Bearer %s",
        "X-Authorization: Bearer %s",
        "X-Forwarded-Authorization: Bearer %s",
        "X-Access-Token: %s",
        "Cookie: Authorization=%s; Bearer=%<s; access_token=%<s; token=%<s",
        "Authorization: DPoP %s",
        "Authorization: Bearer Bearer %s",
        "Authorization: Bearer %s, Bearer %<s",
        "Authorization: Bearer %s;",
        "Authorization: Bearer\t%s",
        "Authorization: Bearer \"%s\"",
        "Authorization: Token %s",
        "Authorization: Bearer x\r\nAuthorization: Bearer %s",
        "Authorization: Bearer %s\r\nauthorization: Bearer x"
      })
  void aTokenIsReadFromTheAuthorizationHeaderOnly(String header) throws IOException {
    String answer =
        exchange(
            "GET /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + header.formatted(Tokens.token(alice.name()))
                + "\r\n");

    assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
  }

  /** The next request inherits nothing from the previous one, least of all its user. */
  @Test
  void requestsOnOneConnectionHaveTheirOwnUsers() throws IOException {
    alice.has(MARK);
    String get = "GET /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n";
    String close = get + "Connection: close\r\n";

    String answers =
        exchange(
            String.join(
                "\r\n",
                get + authorization(alice),
                get,
                get + authorization(bob),
                get + "Authorization: Bearer x\r\n",
                close));

    assertEquals(
        List.of("200", "401", "200", "401", "401"),
        Arrays.stream(answers.split("HTTP/1\\.1 ")).skip(1).map(a -> a.substring(0, 3)).toList());
    assertEquals(2, answers.split(MARK).length, answers);
  }

  /** Failed requests leave no user in a session, transaction or thread. */
  @Test
  void parallelUsersSeeOnlyTheirOwnTasks() {
    List<User> users = IntStream.range(0, 12).mapToObj(i -> User.fresh()).toList();
    users.forEach(user -> user.has(user.name()));
    long foreign = alice.has(MARK);

    users.parallelStream()
        .forEach(
            user -> {
              for (int i = 0; i < 8; i++) {
                user.postText("{\"title\": \"\"}").statusCode(400);
                user.get(foreign).statusCode(403);
                user.flip(foreign).statusCode(403);
                user.roughRequest()
                    .header("Idempotency-Key", "shared")
                    .delete(User.TASKS + "/" + foreign)
                    .then()
                    .statusCode(403);
                user.list("?count=true")
                    .header("Total-Count", equalTo("1"))
                    .body("user_id", contains(user.name()))
                    .body("title", contains(user.name()));
              }
            });
    alice.get(foreign).body("version", equalTo(1));
  }

  /** User IDs are compared by their characters, not by their looks. */
  @Test
  void namesThatLookAlikeAreDifferentUsers() {
    String name = "Zo\u00eb-" + UUID.randomUUID();
    List<User> others =
        List.of(
            new User(name.toUpperCase()),
            new User(name.replace("\u00eb", "e\u0308")),
            new User(name.replace("Z", "\uff3a")),
            new User(name + " "),
            new User(" " + name),
            new User(name + "\u200b"),
            new User(name + "%"),
            new User("%"),
            new User("*"),
            new User("' or user_id = '" + name));
    User zoe = new User(name);
    long id = zoe.has(MARK);

    for (User other : others) {
      other.list("?q=eyes").body("$", empty());
      other.get(id).statusCode(403);
    }
    zoe.list("").body("title", contains(MARK));
  }

  /** The digest comes from bob's own cursor, the position from one of alice's. */
  @ParameterizedTest
  @ValueSource(strings = {"created_at", "-created_at", "-updated_at", "title", "-title"})
  void aCursorWithAnotherUsersPositionIsRejected(String sort) {
    for (User user : List.of(alice, bob)) {
      user.has(user.name() + " 1");
      user.has(user.name() + " 2");
    }
    byte[] alices = cursor(alice, sort);
    byte[] forged = Arrays.copyOf(cursor(bob, sort), alices.length);
    System.arraycopy(alices, 12, forged, 12, alices.length - 12);

    bob.list(
            "?sort=%s&limit=1&cursor=%s"
                .formatted(sort, Base64.getUrlEncoder().withoutPadding().encodeToString(forged)))
        .statusCode(400)
        .body("errors.field", contains("cursor"));
  }

  @Test
  void aMergePatchSetsNoReadOnlyField() {
    long id = alice.has(MARK);

    alice
        .patch(
            id,
            """
            {"id": 1, "user_id": "%s", "version": 99, "deleted": true, "title": "Mine",
             "created_at": "2000-01-01T00:00:00Z", "purge_at": "2000-01-01T00:00:00Z",
             "updated_at": {"a": [1]}}
            """
                .formatted(bob.name()))
        .statusCode(200)
        .body("id", equalTo((int) id))
        .body("user_id", equalTo(alice.name()))
        .body("version", equalTo(2))
        .body("deleted", equalTo(false))
        .body("purge_at", nullValue());
    bob.get(id).statusCode(403);
    for (String field : List.of("userId", "USER_ID", "titleKey", "search", "@type", "__proto__")) {
      alice
          .patch(id, "{\"%s\": \"%s\"}".formatted(field, bob.name()))
          .statusCode(400)
          .body("errors.field", contains(field));
    }
  }

  /** First bob uses the key before alice, then after alice's response was stored. */
  @Test
  void aKeyNeverReturnsAnotherUsersStoredResponse() {
    long id = alice.has(MARK);
    String restore = User.TASKS + "/" + id + "/restore";
    String key = UUID.randomUUID().toString();

    keyed(bob, key).post(restore).then().statusCode(403);
    keyed(alice, key)
        .post(restore)
        .then()
        .statusCode(200)
        .header("Idempotency-Replayed", nullValue());
    keyed(bob, key).post(restore).then().statusCode(403).body("title", equalTo("Forbidden"));
  }

  /** An idempotency key belongs to a user, not to a token. A replay needs a valid token. */
  @Test
  void aReplayNeedsAValidTokenOfTheSameUser() {
    String key = UUID.randomUUID().toString();
    Response first = create(Tokens.token(alice.name()), key);
    Map<String, Object> claims = Tokens.claims(alice.name());
    claims.put("jti", "another");
    String another = Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);
    String forged =
        Tokens.sign(
            Map.of("alg", "HS256"), claims, "HmacSHA256", "another secret, 32 bytes or more");
    claims.put("exp", 1);
    String expired = Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);

    Response replay = create(another, key);

    replay.then().statusCode(201).header("Idempotency-Replayed", notNullValue());
    assertEquals(first.asString(), replay.asString());
    create(forged, key).then().statusCode(401);
    create(expired, key).then().statusCode(401);
    create(Tokens.token(bob.name()), key)
        .then()
        .statusCode(201)
        .header("Idempotency-Replayed", nullValue());
  }

  @Test
  void anInvalidBodyDoesNotUseUpTheKey() {
    String key = UUID.randomUUID().toString();
    for (String body : List.of("{", "{\"title\": \"\"}", "{\"x\": 1}", "x".repeat(70_000))) {
      keyed(alice, key)
          .contentType(ContentType.JSON)
          .body(body)
          .post(User.TASKS)
          .then()
          .statusCode(body.length() > 65536 ? 413 : 400);
    }

    create(Tokens.token(alice.name()), key)
        .then()
        .statusCode(201)
        .header("Idempotency-Replayed", nullValue());
  }

  /** The response does not show whether the task is deleted, and the task stays deleted. */
  @Test
  void anotherUsersTaskCannotBeRestored() {
    long living = alice.has(MARK);
    long deleted = alice.has(MARK);
    alice.delete(deleted).statusCode(204);

    for (long id : List.of(living, deleted)) {
      for (String tag : List.of("\"1\"", "\"2\"", "*")) {
        bob.roughRequest()
            .header("If-Match", tag)
            .post(User.TASKS + "/" + id + "/restore")
            .then()
            .statusCode(403)
            .body("detail", equalTo("This resource belongs to another user."));
      }
    }
    alice.list("?deleted=true").body("id", contains((int) deleted));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Prefix",
        "X-Forwarded-Path",
        "X-Forwarded-User",
        "X-Remote-User",
        "Forwarded"
      })
  void noHeaderChangesThePathOrTheUser(String header) {
    alice.has(MARK);

    assertFalse(
        User.withoutToken()
            .header(header, User.TASKS)
            .get("/q/health/live")
            .asString()
            .contains("user_id"));
    User.withoutToken().header(header, alice.name()).get(User.TASKS).then().statusCode(401);
    bob.roughRequest()
        .header(header, alice.name())
        .get(User.TASKS)
        .then()
        .statusCode(200)
        .body("$", empty());
  }

  private static io.restassured.specification.RequestSpecification keyed(User user, String key) {
    return user.roughRequest().header("Idempotency-Key", key);
  }

  private static Response create(String token, String key) {
    return User.withToken(token)
        .header("Idempotency-Key", key)
        .contentType(ContentType.JSON)
        .body("{}")
        .post(User.TASKS);
  }

  private static byte[] cursor(User user, String sort) {
    String link = user.list("?limit=1&sort=" + sort).statusCode(200).extract().header("Link");
    return Base64.getUrlDecoder().decode(link.replaceAll(".*cursor=([A-Za-z0-9_-]+).*", "$1"));
  }

  private static String authorization(User user) {
    return "Authorization: Bearer " + Tokens.token(user.name()) + "\r\n";
  }

  private String exchange(String heads) throws IOException {
    return RawHttp.exchange(base, heads + "\r\n");
  }
}
