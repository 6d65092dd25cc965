package dev.taskward.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.containsStringIgnoringCase;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ActiveRequests;
import dev.taskward.PostgresProxy;
import dev.taskward.RawHttp;
import dev.taskward.ServiceLog;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import dev.taskward.protocol.SlowClientContract;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A service with few threads, two connections and a short queue. Its database stops responding. */
@QuarkusTest
@TestProfile(OverloadTest.Small.class)
@Tag("system")
class OverloadTest {

  static final int THREADS = 4;

  /** The number of requests that have a thread or are next to get one. */
  static final int ADMITTED = 8 * THREADS;

  static final int QUEUE = 40;

  public static class Small implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.thread-pool.max-threads", Integer.toString(THREADS),
          "quarkus.thread-pool.queue-size", Integer.toString(QUEUE),
          "quarkus.datasource.jdbc.max-size", "2",
          "quarkus.datasource.jdbc.acquisition-timeout", "3S",
          "taskward.max-queue-time", "1S");
    }
  }

  final PostgresProxy wire = TestDatabase.proxy();
  @Inject MeterRegistry registry;

  final User alice = User.fresh();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
    ActiveRequests.await(registry, 0);
  }

  @Test
  void requestsOverTheCapacityAre503AtOnceAndOthersAreBounded() {
    long id = alice.has("Buy milk");
    wire.freeze();
    long start = System.nanoTime();

    List<CompletableFuture<Answer>> sent = Stream.generate(() -> get(id)).limit(100).toList();
    List<Answer> first =
        sent.stream()
            .map(a -> a.copy().completeOnTimeout(null, 2, TimeUnit.SECONDS).join())
            .toList();
    RestAssured.get(TestDatabase.management("/q/health/live")).then().statusCode(200);
    assertTrue(threads() <= THREADS, threads() + " threads");

    List<Answer> shed = first.stream().filter(answer -> answer != null).toList();
    assertTrue(shed.size() >= 100 - ADMITTED - QUEUE, shed.size() + " of 100");
    for (Answer answer : shed) {
      assertEquals(503, answer.status);
      assertThat(answer.head, containsStringIgnoringCase("\r\nRetry-After: 5\r\n"));
      assertThat(
          answer.head,
          containsStringIgnoringCase("\r\nContent-Type: application/problem+json\r\n"));
      assertEquals(503, new JsonObject(answer.body).getInteger("status"));
    }
    wire.mend();
    for (int i = 0; i < 10; i++) {
      alice.get(id).statusCode(200);
    }
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void requestsThatWaitedTooLongForAThreadAreShed() {
    long id = alice.has("Buy milk");
    wire.freeze();
    long start = System.nanoTime();

    // Requests with a thread wait 3 s for a connection. The next ones are too late by then, and do
    // not wait again. Requests in the queue are shed earlier.
    List<CompletableFuture<Answer>> sent;
    try (ServiceLog log = new ServiceLog()) {
      sent = Stream.generate(() -> get(id)).limit(ADMITTED + QUEUE).toList();
      assertEquals(QUEUE, answered(sent, start, 2_500), "requests in the queue");
      List<String> lines = log.lines().stream().map(line -> line.getFormattedMessage()).toList();
      assertEquals(List.of(), lines.stream().filter(line -> line.contains("GET")).toList());
      assertTrue(lines.stream().anyMatch(line -> line.startsWith("Overloaded: ")), "one line");
    }
    assertTrue(answered(sent, start, 5_000) >= ADMITTED + QUEUE - 2, "two have connections");

    assertEquals(
        List.of(503), sent.stream().map(answer -> answer.join().status).distinct().toList());
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void metricsAreAvailableWhileAllThreadsWait() {
    long id = alice.has("Buy milk");
    wire.freeze();
    Stream.generate(() -> get(id)).limit(ADMITTED).forEach(sent -> {});
    ActiveRequests.await(registry, ADMITTED);
    long start = System.nanoTime();
    for (String format : List.of("application/openmetrics-text", "text/plain")) {
      RestAssured.given()
          .accept(format + ";q=0.9,*/*;q=0.1")
          .get(TestDatabase.management("/q/metrics"))
          .then()
          .statusCode(200)
          .contentType(format)
          .body(containsString("http_server_active_requests " + (double) ADMITTED));
    }
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(1), "the metrics came late");
  }

  @Test
  void aDisconnectedClientFreesItsPlace() throws Exception {
    long id = alice.has("Buy milk");
    for (int i = 0; i < 2; i++) {
      wire.freeze();
      List<Socket> sockets = new ArrayList<>();
      for (int client = 0; client < ADMITTED + QUEUE; client++) {
        Socket socket = new Socket("localhost", RestAssured.port);
        SlowClientContract.send(socket, head(id, "keep-alive"));
        sockets.add(socket);
      }
      ActiveRequests.await(registry, ADMITTED + QUEUE);
      for (Socket socket : sockets) {
        socket.close();
      }
      ActiveRequests.await(registry, 0);
      wire.mend();
      await200(id);
    }
  }

  @Test
  void slowBodiesKeepNoThreadAndAreBounded() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < QUEUE; i++) {
      sockets.add(SlowClientContract.trickle(alice));
    }
    ActiveRequests.await(registry, sockets.size());
    long start = System.nanoTime();
    alice.list("").statusCode(200);
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(1), "the list came late");
    assertEquals("HTTP/1.1 503", start(SlowClientContract.trickle(alice)));
    for (Socket socket : sockets) {
      SlowClientContract.send(socket, "\"title\":\"Buy milk\"}");
      assertEquals("HTTP/1.1 201", start(socket));
      socket.close();
    }
    assertEquals(QUEUE, alice.list("?limit=50").extract().jsonPath().getList("").size());
  }

  private static String start(Socket socket) {
    return new String(read(socket, "HTTP/1.1 200".length()), StandardCharsets.US_ASCII);
  }

  private static byte[] read(Socket socket, int length) {
    try {
      byte[] read = socket.getInputStream().readNBytes(length);
      assertEquals(length, read.length, "closed");
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The threads of disconnected clients become free only when their wait for the database ends. */
  private void await200(long id) {
    await(() -> get(id).join().status == 200, "a request succeeds");
  }

  private static void await(BooleanSupplier isSo, String what) {
    long start = System.nanoTime();
    while (!isSo.getAsBoolean()) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), what);
      Thread.onSpinWait();
    }
  }

  private static long answered(List<CompletableFuture<Answer>> sent, long start, long millis) {
    return sent.stream()
        .map(
            answer -> {
              long left = TimeUnit.MILLISECONDS.toNanos(millis) - (System.nanoTime() - start);
              return answer.copy().completeOnTimeout(null, left, TimeUnit.NANOSECONDS).join();
            })
        .filter(answer -> answer != null)
        .count();
  }

  private record Answer(int status, String head, String body) {
    static Answer of(String answer) {
      String[] parts = answer.split("\r\n\r\n", 2);
      return new Answer(Integer.parseInt(parts[0].split(" ")[1]), parts[0] + "\r\n", parts[1]);
    }
  }

  /** Uses a new connection, since admission counts open connections. */
  private CompletableFuture<Answer> get(long id) {
    return CompletableFuture.supplyAsync(
        () -> Answer.of(exchange(head(id, "close"))), Threads.EACH);
  }

  private String exchange(String request) {
    try {
      return RawHttp.exchange(URI.create("http://localhost:" + RestAssured.port), request);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String head(long id, String connection) {
    return head(id, Tokens.token(alice.name()), connection);
  }

  static String head(long id, String token, String connection) {
    return "GET %s/%d HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nConnection: %s\r\n\r\n"
        .formatted(User.TASKS, id, token, connection);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("executor-thread"))
        .count();
  }
}
