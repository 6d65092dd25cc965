package dev.taskward.admission;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.containsStringIgnoringCase;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ActiveRequests;
import dev.taskward.PostgresProxy;
import dev.taskward.RawHttp;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.Tokens;
import dev.taskward.User;
import dev.taskward.protocol.SlowClientTest;
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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service with few threads, two connections and a short queue, whose database falls silent. */
@QuarkusTest
@TestProfile(OverloadTest.Small.class)
class OverloadTest {

  static final int THREADS = 4;

  /** Requests that have a thread, or are the next to have one. */
  static final int ADMITTED = 8 * THREADS;

  static final int QUEUE = 40;

  public static class Small implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.thread-pool.max-threads", Integer.toString(THREADS),
          "quarkus.thread-pool.queue-size", Integer.toString(QUEUE),
          "quarkus.datasource.jdbc.max-size", "2",
          "quarkus.datasource.jdbc.acquisition-timeout", "6S",
          "taskward.max-queue-time", "3S");
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
  void whatIsBeyondCapacityIs503AtOnceAndTheRestIsBounded() {
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
  void whatWaitedTooLongForAThreadIsNotServedLate() {
    long id = alice.has("Buy milk");
    wire.freeze();
    long start = System.nanoTime();

    // Those with a thread wait 6 s for a connection; the next ones are then too late, and do not
    // wait as long again. The others are refused before.
    List<CompletableFuture<Answer>> sent =
        Stream.generate(() -> get(id)).limit(ADMITTED + QUEUE).toList();
    assertEquals(QUEUE, answered(sent, start, 5_000), "had to wait for long");
    assertTrue(answered(sent, start, 8_000) >= ADMITTED + QUEUE - 2, "two have connections");

    assertEquals(
        List.of(503), sent.stream().map(answer -> answer.join().status).distinct().toList());
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void metricsAreThereWhileAllThreadsWait() {
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
  void theOldestIsRefusedForEachThatComes() {
    long id = alice.has("Buy milk");
    wire.freeze();
    List<CompletableFuture<Answer>> sent = new ArrayList<>();
    for (int i = 0; i < ADMITTED + QUEUE; i++) {
      sent.add(get(id));
      ActiveRequests.await(registry, i + 1);
    }
    for (int i = 0; i < QUEUE; i++) {
      sent.add(get(id));
      awaitDone(sent, i + 1);
    }
    // Of two event loops one may overtake the other, but not by so many.
    long refused = done(sent.subList(ADMITTED + QUEUE, sent.size()));
    assertTrue(refused < QUEUE / 2, refused + " of the newest were refused");
    wire.mend();
    await200(id);
  }

  @Test
  void whoWaitsIsAnsweredInTurnAndInOverloadTheNewestFirst() throws Exception {
    long id = alice.has("Buy milk");
    Thread.sleep(1_000); // the overload of the test before is over
    int some = ADMITTED + QUEUE / 2;
    List<Integer> inTurn = answered(id, some);
    assertEquals(some, inTurn.size(), "all were answered");
    assertTrue(laterHalf(inTurn) - earlierHalf(inTurn) > some / 4, "in turn: " + inTurn);

    List<Integer> inOverload = answered(id, ADMITTED + QUEUE + 1);
    inOverload.removeIf(number -> number <= ADMITTED);
    // They are more connections than find room, so if that is seen in time, only half is answered.
    int answered = inOverload.size();
    String newestFirst = "in overload: " + inOverload;
    assertTrue(answered >= QUEUE / 2 - 2, newestFirst);
    assertTrue(earlierHalf(inOverload) - laterHalf(inOverload) > answered / 4.0, newestFirst);
  }

  @Test
  void noEventLoopWaitsUntilAnotherHasNothingToDo() throws Exception {
    long id = alice.has("Buy milk");
    Thread.sleep(1_000); // as above
    int some = ADMITTED + QUEUE / 2;
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 2 * some; i++) { // in turn of one event loop and of the other
      sockets.add(new Socket("localhost", RestAssured.port));
    }
    String requests = head(id, "keep-alive").replaceFirst("GET", "HEAD").repeat(100);
    AtomicInteger answered = new AtomicInteger();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < some; i++) {
      Socket one = sockets.get(2 * i);
      SlowClientTest.send(one, requests);
      sent.add(
          CompletableFuture.runAsync(
              () -> {
                for (int request = 0; request < 100; request++) {
                  assertThat(headOf(one), startsWith("HTTP/1.1 200 "));
                  answered.incrementAndGet();
                }
              },
              Threads.EACH));
    }
    await(() -> answered.get() >= some, "all have been answered once");
    Socket other = sockets.get(1);
    SlowClientTest.send(other, head(id, "close"));
    assertEquals("HTTP/1.1 200", start(other));
    int before = answered.get();
    assertTrue(before < 50 * some, before + " were answered before");

    sent.forEach(CompletableFuture::join);
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** Of an answer without a body. */
  static String headOf(Socket socket) {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) read(socket, 1)[0]);
    }
    return head.toString();
  }

  @Test
  void whereMoreAskThanFindRoomWhoWaitsForLongIsRefused() throws Exception {
    long id = alice.has("Buy milk");
    Thread.sleep(1_000); // as above
    List<Socket> others = new ArrayList<>();
    for (int i = 0; i < ADMITTED + 2 * QUEUE; i++) {
      Socket socket = new Socket("localhost", RestAssured.port);
      SlowClientTest.send(socket, head(id, "keep-alive"));
      assertEquals("HTTP/1.1 200", start(socket));
      others.add(socket);
    }
    // They might ask again. Two are taken from the queue for each that ends: one is answered, one
    // refused.
    Thread.sleep(1_500); // looked at every second
    List<Integer> answered = answered(id, ADMITTED + QUEUE);
    String newest = "answered: " + answered;
    assertEquals(ADMITTED + QUEUE / 2.0, answered.size(), 2, newest);
    answered.removeIf(number -> number < ADMITTED);
    assertTrue(answered.stream().allMatch(n -> n > ADMITTED + 0.4 * QUEUE), newest);

    Thread.sleep(6_000);
    int some = ADMITTED + QUEUE / 4; // there are those of RestAssured, too
    assertEquals(some, answered(id, some).size(), "the others are idle");

    for (Socket socket : others) {
      SlowClientTest.send(socket, head(id, "close"));
      socket.getInputStream().readAllBytes();
      socket.close();
    }
    Thread.sleep(1_500);
    assertEquals(some, answered(id, some).size(), "the others are gone");
  }

  /**
   * Has requests wait for the database, the last {@link #QUEUE} of them in the queue, and tells the
   * numbers of those that are answered after that, in the order of their answers.
   */
  private List<Integer> answered(long id, int requests) throws InterruptedException {
    wire.freeze();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    List<Integer> answered = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < requests; i++) {
      int number = i;
      sent.add(
          get(id)
              .thenAccept(
                  answer -> {
                    if (answer.status == 200) {
                      answered.add(number);
                    }
                  }));
      int refused = Math.max(0, i + 1 - ADMITTED - QUEUE);
      awaitDone(sent, refused);
      ActiveRequests.await(registry, i + 1 - refused);
    }
    Thread.sleep(250); // all have waited for as long as one may in overload
    wire.mend();
    awaitDone(sent, requests);
    return answered;
  }

  static double earlierHalf(List<Integer> numbers) {
    return average(numbers.subList(0, numbers.size() / 2));
  }

  static double laterHalf(List<Integer> numbers) {
    return average(numbers.subList(numbers.size() / 2, numbers.size()));
  }

  private static double average(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).average().orElseThrow();
  }

  @Test
  void whoGivesUpLeavesHisPlaceToOthers() throws Exception {
    long id = alice.has("Buy milk");
    for (int i = 0; i < 3; i++) {
      wire.freeze();
      List<Socket> sockets = new ArrayList<>();
      for (int client = 0; client < ADMITTED + QUEUE; client++) {
        Socket socket = new Socket("localhost", RestAssured.port);
        SlowClientTest.send(socket, head(id, "keep-alive"));
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
  void bodiesThatTrickleKeepNoThreadAndAreBounded() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < QUEUE; i++) {
      sockets.add(SlowClientTest.trickle(alice));
    }
    ActiveRequests.await(registry, sockets.size());
    long start = System.nanoTime();
    alice.list("").statusCode(200);
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(1), "the list came late");
    assertEquals("HTTP/1.1 503", start(SlowClientTest.trickle(alice)));
    for (Socket socket : sockets) {
      SlowClientTest.send(socket, "\"title\":\"Buy milk\"}");
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

  /** Threads that wait for the database on behalf of nobody are free when that ends. */
  private void await200(long id) {
    await(() -> get(id).join().status == 200, "there is a place");
  }

  private static void awaitDone(List<? extends CompletableFuture<?>> sent, int requests) {
    await(() -> done(sent) >= requests, requests + " answered");
  }

  private static void await(BooleanSupplier isSo, String what) {
    long start = System.nanoTime();
    while (!isSo.getAsBoolean()) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), what);
      Thread.onSpinWait();
    }
  }

  private static long done(List<? extends CompletableFuture<?>> sent) {
    return sent.stream().filter(CompletableFuture::isDone).count();
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

  /** On a connection of its own, for it counts how many are open. */
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
