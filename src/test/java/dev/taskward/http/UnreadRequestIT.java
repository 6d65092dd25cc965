package dev.taskward.http;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Of the packaged application, jar or native, which alone has our handlers in Netty's pipeline. All
 * threads wait for the database, and as many requests as are read ahead wait for them. What comes
 * then on a connection that is known shows that it was read by being refused.
 */
@QuarkusIntegrationTest
@TestProfile(UnreadRequestIT.OneEventLoop.class)
class UnreadRequestIT {

  /** Those that are let in, and one more for each thread. */
  private static final int READ = OverloadTest.ADMITTED + OverloadTest.THREADS;

  /** Of two, one may overtake the other. */
  public static class OneEventLoop extends OverloadTest.Small {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
      settings.put("quarkus.vertx.event-loops-pool-size", "1");
      settings.put("taskward.head-timeout", "2s");
      return settings;
    }
  }

  private static final String BAD_TOKEN = "bad";
  private static final Pattern CREATED = Pattern.compile("(?s)\\AHTTP/1.1 201 .*\\{\"id\":(\\d+),");

  final PostgresProxy wire = TestDatabase.proxy();

  final User alice = User.fresh();
  final String token = Tokens.token(alice.name());
  final List<Socket> sockets = new ArrayList<>();
  long id;

  @BeforeEach
  void aTask() throws InterruptedException {
    id = alice.has("Buy milk");
    Thread.sleep(1_100); // the overload of the test before is over
  }

  @AfterEach
  void databaseIsBack() throws IOException {
    wire.mend();
    for (Socket socket : sockets) {
      socket.close();
    }
    awaitActive(0);
  }

  @Test
  void whoComesWhenEnoughWaitIsNotReadBeforeHisTurn() throws Exception {
    Socket known = known();
    fill(READ);
    long start = System.nanoTime();
    request(known, BAD_TOKEN);
    awaitActive(READ + 1);
    assertSilent(known);
    Socket fresh = open();
    request(fresh, BAD_TOKEN);
    assertThat(answer(fresh), startsWith("HTTP/1.1 401 "));
    double before = refusedFor();

    wire.mend();
    assertThat(answer(known), startsWith("HTTP/1.1 401 "));
    awaitActive(0);
    double waited = (System.nanoTime() - start) / 1e9;
    // The metric has all of the time, as the client had.
    assertTrue(refusedFor() - before > 0.5, (refusedFor() - before) + " s");
    assertTrue(refusedFor() - before < waited, (refusedFor() - before) + " s of " + waited);
  }

  /** Their tasks' ids are in the order in which they were worked on. */
  @Test
  void allOfThemAreAnsweredInTheOrderInWhichTheyCame() throws Exception {
    List<Socket> known = known(30);
    fill(READ);
    String creation =
        SlowClientTest.post("\r\nConnection: close\r\nAuthorization: Bearer " + token)
            + "Content-Length: 2\r\n\r\n{}";
    for (int i = 0; i < known.size(); i++) {
      SlowClientTest.send(known.get(i), creation);
      awaitActive(READ + i + 1);
    }
    wire.mend();
    List<Integer> ids = new ArrayList<>();
    for (Socket socket : known) {
      Matcher created = CREATED.matcher(answer(socket));
      assertTrue(created.find());
      ids.add(Integer.valueOf(created.group(1)));
    }
    List<Integer> answered =
        IntStream.range(0, ids.size()).boxed().sorted(Comparator.comparing(ids::get)).toList();
    assertTrue(
        OverloadTest.laterHalf(answered) - OverloadTest.earlierHalf(answered) > known.size() / 4.0,
        "in turn: " + answered);
  }

  @Test
  void whoSendsInPiecesDoesNotWait() throws Exception {
    Socket known = known();
    fill(READ);
    SlowClientTest.send(known, "GET " + User.TASKS + " HTTP/1.1\r\nHost: localhost\r\n");
    assertSilent(known);
    double before = refusedFor();
    SlowClientTest.send(known, "Authorization: Bearer bad\r\nConnection: close\r\n\r\n");
    assertThat(answer(known), startsWith("HTTP/1.1 401 "));
    awaitActive(READ);
    assertTrue(refusedFor() - before > 0.4, (refusedFor() - before) + " s since the first piece");
  }

  /** What is complete and waits does not trickle, whatever came in pieces before. */
  @Test
  void whoWaitsLongerThanAHeadMayTakeIsAnswered() throws Exception {
    Socket known = open();
    String head = SlowClientTest.post("\r\nAuthorization: Bearer " + token);
    SlowClientTest.send(known, head + "Content-Length: 2\r\n\r\n");
    Thread.sleep(200);
    SlowClientTest.send(known, "{}");
    assertThat(OverloadTest.headOf(known), startsWith("HTTP/1.1 201 "));
    fill(READ);
    request(known, token);
    Thread.sleep(2_300);

    wire.mend();
    assertThat(answer(known), containsString("HTTP/1.1 200 "));
  }

  @Test
  void whoGivesUpLeavesNothingBehind() throws Exception {
    List<Socket> known = known(20);
    fill(READ);
    for (Socket socket : known) {
      request(socket, token);
    }
    awaitActive(READ + known.size());
    for (Socket socket : known.subList(1, known.size())) {
      socket.close();
    }
    awaitActive(READ + 1);
    wire.mend();
    assertThat(answer(known.get(0)), startsWith("HTTP/1.1 200 "));
  }

  @Test
  void whoWaitedTooLongIsRefused() throws Exception {
    List<Socket> known = known(20);
    fill(READ);
    long start = System.nanoTime();
    for (Socket socket : known) {
      request(socket, token);
    }
    for (Socket socket : known) {
      assertThat(answer(socket), startsWith("HTTP/1.1 503 "));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertTrue(seconds > 2.9 && seconds < 5, seconds + " s"); // 3 s, looked at every second
  }

  @Test
  void inOverloadAllAreRead() throws Exception {
    List<Socket> known = known(2);
    fill(READ);
    request(known.get(0), BAD_TOKEN);
    assertSilent(known.get(0));
    for (int i = OverloadTest.THREADS; i <= OverloadTest.QUEUE; i++) {
      request(open(), token); // one more than find room
    }
    assertThat(answer(known.get(0)), startsWith("HTTP/1.1 401 "));
    request(known.get(1), BAD_TOKEN);
    assertThat(answer(known.get(1)), startsWith("HTTP/1.1 401 "));
  }

  /** So many requests on connections of their own, none of which is answered. */
  private void fill(int requests) throws IOException {
    wire.freeze();
    for (int i = 0; i < requests; i++) {
      request(open(), token);
    }
    awaitActive(requests);
  }

  private Socket open() throws IOException {
    Socket socket = new Socket("localhost", RestAssured.port);
    socket.setSoTimeout(20_000);
    sockets.add(socket);
    return socket;
  }

  /** A connection that had an answer. */
  private Socket known() throws IOException {
    Socket socket = open();
    SlowClientTest.send(
        socket,
        "HEAD %s/%d HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
            .formatted(User.TASKS, id, token));
    assertThat(OverloadTest.headOf(socket), startsWith("HTTP/1.1 200 "));
    return socket;
  }

  private List<Socket> known(int connections) throws IOException {
    List<Socket> known = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      known.add(known());
    }
    return known;
  }

  private void request(Socket socket, String token) throws IOException {
    SlowClientTest.send(socket, OverloadTest.head(id, token, "close"));
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(500);
    assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
    socket.setSoTimeout(20_000);
  }

  private static String answer(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitActive(int requests) {
    long start = System.nanoTime();
    while (sum("http_server_active_requests") != requests) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), requests + " active");
    }
  }

  /** Seconds that all requests took together that were refused for their tokens. */
  private static double refusedFor() {
    return sum("http_server_requests_seconds_sum\\{.*status=\"401\".*}");
  }

  private static double sum(String series) {
    String metrics = RestAssured.get(TestDatabase.management("/q/metrics")).asString();
    return Pattern.compile("(?m)^" + series + " (\\S+)")
        .matcher(metrics)
        .results()
        .mapToDouble(line -> Double.parseDouble(line.group(1)))
        .sum();
  }
}
