package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import dev.taskward.task.EventReader.Event;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The changes of a user's tasks as Server-Sent Events. */
@QuarkusTest
class TaskStreamContract {

  final User alice = User.fresh();

  @Test
  void aStreamBeginsWithTheTasksAndFollowsTheirChanges() throws Exception {
    long id = alice.has("first");
    try (EventReader stream = EventReader.of(alice, "")) {
      assertEquals(200, stream.response.statusCode());
      assertHeader("text/event-stream", "Content-Type", stream);
      assertHeader("no", "X-Accel-Buffering", stream);
      assertHeader("no-store", "Cache-Control", stream);
      Event opening = stream.next();
      assertEquals("", opening.comment());
      assertTrue(opening.retry() >= 1_000 && opening.retry() <= 5_000, opening.toString());
      assertEquals("first", stream.nextTask().getString("title"));
      stream.next("up-to-date");

      alice.put(id, Map.of("title", "changed")).statusCode(200);
      assertEquals("changed", stream.nextTask().getString("title"));
      stream.next("up-to-date");
      alice.delete(id).statusCode(204);
      assertEquals(true, stream.nextTask().getBoolean("deleted"));
      stream.next("up-to-date");
    }
  }

  private static void assertHeader(String value, String name, EventReader stream) {
    assertEquals(List.of(value), stream.response.headers().allValues(name));
  }

  @Test
  void anEventHasTheTaskAsTheListHasIt() throws Exception {
    alice.has(Map.of("title", "Bücher\nlesen", "tags", List.of("a"), "due", "2026-01-13"));
    try (EventReader stream = EventReader.of(alice, "")) {
      assertEquals(
          alice.list("").extract().<Map<String, Object>>path("[0]"), stream.nextTask().getMap());
    }
  }

  @Test
  void theIdOfAnEventIsTheCursorAfterIt() throws Exception {
    long first = alice.has("first");
    long second = alice.has("second");
    String id;
    String end;
    try (EventReader stream = EventReader.of(alice, "")) {
      id = stream.next("task").id();
      stream.next("task");
      end = stream.next("up-to-date").id();
    }

    changes("?since=" + id).body("changes.id", contains((int) second));
    changes("?since=" + end).body("changes.size()", equalTo(0));
    try (EventReader stream = EventReader.of(alice, "", "Last-Event-ID", id)) {
      assertEquals(second, stream.nextTask().getLong("id"));
    }
    try (EventReader stream = EventReader.of(alice, "?since=" + end, "Last-Event-ID", id)) {
      assertEquals(second, stream.nextTask().getLong("id"));
    }
    try (EventReader stream = EventReader.of(alice, "?since=" + end)) {
      stream.next("up-to-date");
      alice.flip(first).statusCode(200);
      assertEquals(first, stream.nextTask().getLong("id"));
    }
  }

  private ValidatableResponse changes(String query) {
    return alice.request().get(EventReader.CHANGES + query).then().statusCode(200);
  }

  @Test
  void nowSkipsEarlierChanges() throws Exception {
    alice.has("first");
    try (EventReader stream = EventReader.of(alice, "?since=now")) {
      stream.next("up-to-date");
      alice.has("second");
      assertEquals("second", stream.nextTask().getString("title"));
    }
  }

  @Test
  void manyTasksComeInPages() throws Exception {
    TestDatabase.execute(
        """
        insert into task (id, user_id, title, completed, deleted, created_at, updated_at, search,
          title_key)
        select nextval('task_id_seq'), '%s', n::text, false, false, now(), now(), 'a', 'a'
        from generate_series(1, 250) n
        """
            .formatted(alice.name()));

    try (EventReader stream = EventReader.of(alice, "")) {
      for (int n = 1; n <= 250; n++) {
        assertEquals(Integer.toString(n), stream.nextTask().getString("title"));
      }
      stream.next("up-to-date");
    }
  }

  /** Here SQL makes the change, which the service does not see. */
  @Test
  void aChangeByAnotherInstanceComesSoon() throws Exception {
    long id = alice.has("first");
    try (EventReader stream = EventReader.of(alice, "?since=now")) {
      stream.next("up-to-date");
      Instant start = Instant.now();

      TestDatabase.execute("update task set title = 'changed' where id = " + id);

      assertEquals("changed", stream.nextTask().getString("title"));
      Duration late = Duration.between(start, Instant.now());
      assertTrue(late.toMillis() < 3_000, late.toString());
    }
  }

  @Test
  void noUserGetsAnothersChanges() throws Exception {
    User bob = User.fresh();
    try (EventReader stream = EventReader.of(alice, "")) {
      stream.next("up-to-date");

      bob.has("bob's");
      alice.has("alice's");

      assertEquals("alice's", stream.nextTask().getString("title"));
      stream.next("up-to-date");
      assertFalse(stream.hasEvents());
    }
  }

  @Test
  void theStreamEndsWithTheToken() throws Exception {
    Map<String, Object> claims = Tokens.claims(alice.name());
    claims.put("exp", Instant.now().getEpochSecond() + 3);
    String token = Tokens.sign(Map.of("alg", "HS256"), claims, "HmacSHA256", Tokens.SECRET);
    try (EventReader stream =
        EventReader.of(RestAssured.baseURI + ":" + RestAssured.port, token, "")) {
      stream.next("up-to-date");

      assertEquals("{\"reason\":\"token_expired\"}", stream.next("end").data());
      stream.awaitClosed();
    }
  }

  @Test
  void theStreamEndsWhenItsPositionIsGone() throws Exception {
    alice.has("first");
    try (EventReader stream = EventReader.of(alice, "?since=now")) {
      String cursor = stream.next("up-to-date").id();

      TestDatabase.execute(
          "update task_counter set epoch = epoch + 1 where user_id = '" + alice.name() + "'");

      assertEquals("{\"reason\":\"erased\"}", stream.next("end").data());
      stream.awaitClosed();
      refused("?since=" + cursor, 410).body("type", endsWith("cursor-gone"));
    }
  }

  @Test
  void anInvalidRequestGetsAProblemDocument() {
    refused("?since=x", 400).body("errors.field", contains("since"));
    refused("?limit=0", 400).body("errors.field", contains("limit"));
    alice
        .authorized()
        .header("Accept", "text/event-stream")
        .header("Last-Event-ID", "x")
        .get(EventReader.CHANGES)
        .then()
        .statusCode(400)
        .body("errors.field", contains("Last-Event-ID"));
  }

  private ValidatableResponse refused(String query, int status) {
    return alice
        .authorized()
        .header("Accept", "text/event-stream")
        .get(EventReader.CHANGES + query)
        .then()
        .statusCode(status)
        .contentType("application/problem+json");
  }

  @Test
  void aUserHasAtMostTenStreams() throws Exception {
    List<EventReader> streams = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      streams.add(EventReader.of(alice, ""));
      streams.get(i).next("up-to-date");
    }
    refused("", 429).header("Retry-After", equalTo("5"));
    EventReader.of(User.fresh(), "").close();

    streams.get(0).close();

    Instant end = Instant.now().plusSeconds(20);
    EventReader eleventh = EventReader.of(alice, "");
    while (eleventh.response.statusCode() == 429 && Instant.now().isBefore(end)) {
      Thread.sleep(100);
      eleventh = EventReader.of(alice, "");
    }
    eleventh.next("up-to-date");
    streams.add(eleventh);
    for (EventReader stream : streams) {
      stream.close();
    }
  }

  /** Some disconnect while the first page is read, before the response begins. */
  @Test
  void aClientThatDisconnectsAtOnceKeepsNoStream() throws Exception {
    for (int i = 0; i < 40; i++) {
      try (Socket socket = socket()) {
        Thread.sleep(i % 8);
        socket.setSoLinger(i % 2 == 0, 0); // a reset, or an orderly end
      }
    }
    Thread.sleep(5_000);

    List<EventReader> streams = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      streams.add(EventReader.of(alice, ""));
      streams.get(i).next("up-to-date");
    }
    for (EventReader stream : streams) {
      stream.close();
    }
  }

  /** They would wait until the stream ends, and fill the memory. */
  @Tag("system")
  @Test
  void manyRequestsBehindAStreamEndTheConnection() throws Exception {
    byte[] requests =
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n"
            .formatted("x".repeat(8_000))
            .getBytes(StandardCharsets.US_ASCII);
    try (Socket socket = socket()) {
      socket.setSoTimeout(10_000); // shorter than the time between two comments
      socket.getInputStream().read(); // the stream has begun
      IOException end =
          assertThrows(
              IOException.class,
              () -> {
                for (int i = 0; i < 4_000; i++) {
                  socket.getOutputStream().write(requests);
                }
                while (socket.getInputStream().read() >= 0) {
                  // up to the end
                }
                throw new IOException("closed in order");
              });
      assertFalse(end instanceof SocketTimeoutException, "the connection is still open");
    }
  }

  /** A connection with the request of a stream. */
  private Socket socket() throws IOException {
    Socket socket = new Socket("localhost", RestAssured.port);
    String head =
        """
        GET %s HTTP/1.1\r
        Host: localhost\r
        Accept: text/event-stream\r
        Authorization: Bearer %s\r
        \r
        """
            .formatted(EventReader.CHANGES, Tokens.token(alice.name()));
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** The service has 8 threads and admits 64 requests. */
  @Test
  void openStreamsHoldNoThread() throws Exception {
    List<EventReader> streams = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      streams.add(EventReader.of(new User(alice.name() + i / 10), ""));
    }
    for (EventReader stream : streams) {
      stream.next("up-to-date");
    }
    Instant start = Instant.now();

    for (int i = 0; i < 20; i++) {
      alice.list("").statusCode(200);
    }

    Duration duration = Duration.between(start, Instant.now());
    assertTrue(duration.toSeconds() < 5, duration.toString());
    for (EventReader stream : streams) {
      stream.close();
    }
  }
}
