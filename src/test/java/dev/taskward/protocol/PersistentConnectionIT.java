package dev.taskward.protocol;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What happens on a connection after an early response or an invalid request (RFC 9112, section 9).
 * A response is early if the body is not read yet. Only the packaged application has all handlers.
 */
@QuarkusIntegrationTest
class PersistentConnectionIT {

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

  @TestHTTPResource("/")
  URI base;

  /** Placeholder for the Authorization header of this test's user. */
  static final String TOKEN = "@TOKEN@";

  final User alice = User.fresh();
  static final String HOST = "Host: localhost\r\n";
  static final String JSON = "Content-Type: application/json\r\n";
  static final String POST = "POST " + User.TASKS + " HTTP/1.1\r\n" + HOST;
  static final String CREATE = POST + TOKEN + JSON + "Content-Length: 2\r\n\r\n{}";
  static final String GET = "GET " + User.TASKS + "/0 HTTP/1.1\r\n" + HOST + TOKEN + "\r\n";

  record Way(String name, String request, int status) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The last requests on a connection: invalid ones and those that ask to close it. */
  static Stream<Way> lastRequests() {
    String chunks = "2\r\n{}\r\n0\r\n\r\n";
    String big = "11170\r\n" + " ".repeat(70_000) + "\r\n0\r\n\r\n";
    Stream<String> codings =
        Stream.of("chunked, chunked", "gzip, chunked", ",chunked", "chunk", "\r\n chunked", "x");
    return Stream.concat(
        codings.map(
            coding ->
                new Way(
                    "Transfer-Encoding: " + coding.strip(),
                    POST + TOKEN + JSON + "Transfer-Encoding: " + coding + "\r\n\r\n" + chunks,
                    400)),
        Stream.of(
            new Way("two codings", coded("chunked\r\nTransfer-Encoding: chunked") + chunks, 400),
            new Way("a broken chunk", coded("chunked") + "zz\r\n{}\r\n0\r\n\r\n", 400),
            new Way("too long, in chunks", coded("chunked") + big, 413),
            new Way("too long, by length", sized(70_000) + " ".repeat(70_000), 413),
            new Way(
                "too long for Expect",
                sized(70_000).replace(HOST, HOST + "Expect: 100-continue\r\n"),
                413),
            new Way("an invalid path", get("/api/v1/tasks/1|2", HOST), 400),
            new Way("an invalid path, no token", "GET /a|b HTTP/1.1\r\n" + HOST + "\r\n", 400),
            new Way("two hosts", get(User.TASKS, HOST + HOST), 400),
            new Way("no host", get(User.TASKS, ""), 400),
            new Way("port 0", get(User.TASKS, "Host: x:0\r\n"), 400),
            new Way("an absolute target without a host", get("http://:80/api", HOST), 400),
            new Way("an empty header name", get(User.TASKS, HOST + ": a\r\n"), 400),
            new Way("http/1.1", get(User.TASKS, HOST).replace("HTTP/1.1", "http/1.1"), 400),
            new Way("HTTP/1.2", get(User.TASKS, HOST).replace("HTTP/1.1", "HTTP/1.2"), 400),
            new Way("NUL before the request", "\0" + GET, 400),
            new Way("a space before the request", "\r\n " + GET, 400),
            new Way("a long target", get("/" + "a".repeat(5_000), HOST), 414),
            new Way("long headers", get("/", HOST + "X: " + "a".repeat(20_000) + "\r\n"), 431),
            new Way("close", GET.replace(HOST, HOST + "Connection: close\r\n"), 404),
            new Way(
                "close in a list", GET.replace(HOST, HOST + "connection: foo , Close\r\n"), 404),
            new Way("HTTP/1.0", GET.replace("HTTP/1.1", "HTTP/1.0"), 404)));
  }

  private static String coded(String coding) {
    return POST + TOKEN + JSON + "Transfer-Encoding: " + coding + "\r\n\r\n";
  }

  private static String sized(int length) {
    return POST + TOKEN + JSON + "Content-Length: " + length + "\r\n\r\n";
  }

  private static String get(String target, String headers) {
    return "GET " + target + " HTTP/1.1\r\n" + headers + TOKEN + "\r\n";
  }

  @ParameterizedTest
  @MethodSource("lastRequests")
  void nothingAfterTheLastRequestIsProcessed(Way way) throws IOException {
    String answers = send(way.request() + CREATE);
    assertEquals(List.of(way.status()), statuses(answers), answers);
    assertTrue(answers.toLowerCase().contains("\r\nconnection: close\r\n"), answers);
    assertTrue(answers.toLowerCase().contains("\r\ndate: "), answers);
    alice.list("").body("size()", equalTo(0));
  }

  /** Requests that are refused before their body is read, with and without a token. */
  static Stream<Way> unreadRequests() {
    return Stream.of(
            new Way("no token", POST + JSON, 401),
            new Way(
                "no token, a form",
                POST + "Content-Type: application/x-www-form-urlencoded\r\n",
                401),
            new Way(
                "no token, /q",
                POST.replace(User.TASKS, "/q/openapi") + "Content-Encoding: gzip\r\n",
                415),
            new Way(
                "no token, a form to /q",
                POST.replace(User.TASKS, "/q/openapi")
                    + "Content-Type: multipart/form-data; boundary=x\r\n",
                200),
            new Way("a bad token", POST + "Authorization: Bearer x\r\n" + JSON, 401),
            new Way("an invalid query", (POST + TOKEN + JSON).replace("tasks ", "tasks?{ "), 400),
            new Way("a content coding", POST + TOKEN + JSON + "Content-Encoding: gzip\r\n", 415),
            new Way(
                "a form",
                POST + TOKEN + "Content-Type: application/x-www-form-urlencoded\r\n",
                415),
            new Way(
                "a multipart form",
                POST + TOKEN + "Content-Type: Multipart/Form-Data; boundary=x\r\n",
                415),
            new Way("another media type", POST + TOKEN + "Content-Type: text/plain\r\n", 415),
            new Way("an unknown path", (POST + TOKEN + JSON).replace("tasks ", "nothing "), 404),
            new Way("a wrong method", (POST + TOKEN + JSON).replace("POST", "PUT"), 405))
        .flatMap(
            way ->
                Stream.of(
                    new Way(
                        way + ", a short body",
                        way.request() + "Content-Length: 3\r\n\r\na=%",
                        way.status()),
                    new Way(
                        way + ", 20 chunks",
                        way.request()
                            + "Transfer-Encoding: chunked\r\n\r\n"
                            + "1\r\na\r\n".repeat(20)
                            + "0\r\n\r\n",
                        way.status()),
                    new Way(
                        way + ", 60 KB",
                        way.request() + "Content-Length: 60000\r\n\r\n" + "a".repeat(60_000),
                        way.status())));
  }

  @ParameterizedTest
  @MethodSource("unreadRequests")
  void theNextRequestAfterAnUnreadBodyIsAnswered(Way way) throws IOException {
    long start = System.nanoTime();
    String answers = send(way.request() + GET + GET.replace(HOST, HOST + "Connection: close\r\n"));
    assertEquals(List.of(way.status(), 404, 404), statuses(answers), answers);
    assertTrue(System.nanoTime() - start < 3_000_000_000L, "the responses took too long");
  }

  /** Many clients send the whole body before they read. They still get the response. */
  @Test
  void aLongUploadIsReadBeforeTheConnectionCloses() throws IOException {
    String chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
    for (int i = 0; i < 4; i++) {
      String answer = send(sized(10_000_000) + " ".repeat(10_000_000));
      assertEquals(List.of(413), statuses(answer));
      assertEquals(
          List.of(413), statuses(send(coded("chunked") + chunk.repeat(160) + "0\r\n\r\n")));
    }
  }

  @Test
  void anUnreadBodyIsDroppedUpToABound() throws IOException {
    String chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
    String unread = POST + JSON + "Transfer-Encoding: chunked\r\n\r\n";
    String answers = send(unread + chunk.repeat(8) + "0\r\n\r\n" + CREATE); // 512 KiB
    assertEquals(List.of(401), statuses(answers), answers);
    alice.list("").body("size()", equalTo(0));

    long start = System.nanoTime();
    // An incomplete chunk, then nothing.
    assertEquals(List.of(401), statuses(send(unread + "5\r\nab")));
    double seconds = (System.nanoTime() - start) / 1e9;
    assertTrue(seconds > 4 && seconds < 10, seconds + " s");
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    String list = "GET " + User.TASKS + " HTTP/1.1\r\n" + HOST + TOKEN + "\r\n";
    String unknown = GET.replace("/0 ", "/x ");
    String last = list.replace(HOST, HOST + "Connection: close\r\n");
    String answers = send(("\r\n" + CREATE + unknown).repeat(30) + list + last);
    List<Integer> statuses = statuses(answers);
    assertEquals(62, statuses.size(), answers);
    for (int i = 0; i < 60; i++) {
      assertEquals(i % 2 == 0 ? 201 : 400, statuses.get(i), answers);
    }
    assertEquals(List.of(200, 200), statuses.subList(60, 62));
    alice.list("").body("size()", equalTo(30));
  }

  @Test
  void http10NeedsNoHost() throws IOException {
    String head = "POST %s HTTP/1.0\r\n%sContent-Length: 2\r\n%s\r\n{}";
    String answer = send(head.formatted(User.TASKS, JSON, TOKEN));
    assertEquals(List.of(201), statuses(answer));
    String here = "http://127.0.0.1:" + base.getPort() + User.TASKS + "/";
    assertTrue(answer.contains("Location: " + here), answer);
  }

  /** RFC 9112, section 3.2.2. */
  @Test
  void theAuthorityOfAnAbsoluteTargetReplacesHost() throws IOException {
    String create =
        CREATE
            .replace(TOKEN, TOKEN + "Connection: close\r\n")
            .replace(User.TASKS, "http://api.example.com:81" + User.TASKS);
    String answer = send(create);
    assertTrue(answer.contains("Location: http://api.example.com:81" + User.TASKS), answer);
  }

  /** The client may never send the body, unless it arrived with the head. */
  @Test
  void aRefusedExpectationClosesTheConnection() throws IOException {
    String head = POST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    String answer = send(head);
    assertEquals(List.of(401), statuses(answer), answer);
    assertTrue(answer.contains("\r\nconnection: close\r\n"), answer);

    String last = GET.replace(HOST, HOST + "Connection: close\r\n");
    assertEquals(List.of(401, 404), statuses(send(head + "{}" + last)));
  }

  /** No request asks to close the connection. */
  @Test
  void pipelinedRequestsAreAnsweredAtOnce() throws IOException {
    String wrong = CREATE.replace("application/json", "text/plain");
    String refused = "GET /nothing HTTP/1.1\r\n" + HOST + "\r\n";
    String requests = (CREATE + refused + wrong + GET).repeat(5);
    try (Socket socket = new Socket("127.0.0.1", base.getPort())) {
      socket.setSoTimeout(3_000);
      write(socket, requests);
      StringBuilder answers = new StringBuilder();
      byte[] buffer = new byte[65_536];
      while (statuses(answers.toString()).size() < 20) {
        int read = socket.getInputStream().read(buffer);
        answers.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
      }
      assertEquals(
          Stream.generate(() -> List.of(201, 401, 415, 404))
              .limit(5)
              .flatMap(List::stream)
              .toList(),
          statuses(answers.toString()));
    }
  }

  private static List<Integer> statuses(String answers) {
    return STATUS.matcher(answers).results().map(PersistentConnectionIT::status).toList();
  }

  private static int status(MatchResult line) {
    return Integer.parseInt(line.group(1));
  }

  /** Sends everything at once, then reads until the service closes the connection. */
  private String send(String requests) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", base.getPort())) {
      socket.setSoTimeout(20_000);
      write(socket, requests);
      ByteArrayOutputStream answers = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      in.transferTo(answers);
      return answers.toString(StandardCharsets.UTF_8);
    }
  }

  private void write(Socket socket, String requests) throws IOException {
    String token = "Authorization: Bearer " + Tokens.token(alice.name()) + "\r\n";
    byte[] bytes = requests.replace(TOKEN, token).getBytes(StandardCharsets.ISO_8859_1);
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }
}
