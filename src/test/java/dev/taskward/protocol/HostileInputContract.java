package dev.taskward.protocol;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Hostile input causes no 5xx, and no response shows internals. */
@QuarkusTest
class HostileInputContract {

  /** Text that no response may contain. */
  static final Pattern INTERNALS =
      Pattern.compile(
          "(?i)exception|\\bat [a-z]+\\.|java\\.|jakarta\\.|hibernate|psql|jackson|quarkus|dev\\.taskward"
              + "|select .* from|insert into|task_by_user|constraint");

  private static final List<String> HOSTILE_STRINGS =
      List.of(
          "",
          " ",
          "\0",
          "a\0b",
          "\r\nSet-Cookie: a=b",
          "'",
          "\"",
          "';drop table task;--",
          "1 or 1=1",
          "' or '1'='1",
          "%",
          "%00",
          "%2e%2e%2f",
          "../../etc/passwd",
          "..\\..\\",
          "${jndi:ldap://localhost/a}",
          "{{7*7}}",
          "<script>alert(1)</script>",
          "%s%s%n",
          "\\u0000",
          "\ud83e\udd89",
          "\u202e",
          "\ufeff",
          "\u200b",
          "a\u0301".repeat(300),
          "İ",
          "ß",
          "-1",
          "0",
          "00",
          "1e999",
          "NaN",
          "Infinity",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "0x7f",
          "1_000",
          "٣",
          "true",
          "null",
          "[]",
          "{}",
          "@",
          "*",
          ";",
          "x".repeat(3000),
          "9".repeat(3000));

  private static final List<Object> HOSTILE_VALUES =
      Arrays.asList(
          null,
          true,
          false,
          0,
          -1,
          1.5,
          1e300,
          Long.MAX_VALUE,
          List.of(),
          List.of("a"),
          Map.of(),
          Map.of("a", Map.of("b", List.of())),
          List.of(List.of(List.of())));

  @TestHTTPResource("/")
  URI base;

  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final User alice = User.fresh();

  /** Limits the requests that are sent at once. */
  private final Semaphore places = new Semaphore(8);

  private final List<CompletableFuture<Integer>> answers = new ArrayList<>();

  /** Waits for the answers of all requests. */
  private int requests() {
    answers.forEach(CompletableFuture::join);
    return answers.size();
  }

  @Test
  void parametersOfEveryOperation() throws Exception {
    for (Operation operation : ApiDocument.operations()) {
      for (Parameter parameter : parameters(operation)) {
        for (String value : HOSTILE_STRINGS) {
          String encoded = URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
          if (parameter.getIn().equals("header")) {
            sendHeader(operation, parameter.getName(), value);
            continue;
          }
          String path =
              parameter.getIn().equals("path")
                  ? operation.path().replace("{" + parameter.getName() + "}", encoded)
                  : operation.path() + "?" + parameter.getName() + "=" + encoded;
          send(operation, path.replace("{id}", "1"), operation.bytes());
        }
      }
    }
    int requests = requests();
    assertTrue(requests > 300, requests + " requests");
  }

  @Test
  void fieldsOfEveryBody() throws Exception {
    long id = alice.has("Buy milk");
    List<Object> values = new ArrayList<>(HOSTILE_STRINGS);
    values.addAll(HOSTILE_VALUES);
    for (Operation operation : ApiDocument.operations()) {
      for (String field : fields(operation)) {
        for (Object value : values) {
          byte[] body = bytes(Json.encode(Collections.singletonMap(field, value)));
          send(operation, operation.path().replace("{id}", "" + id), body);
        }
        for (Object value : parts(operation, field)) {
          byte[] body = bytes(Json.encode(Map.of(field, value)));
          send(operation, operation.path().replace("{id}", "" + id), body);
        }
      }
      if (operation.body() != null) {
        for (Object value : values) {
          send(operation, operation.path().replace("{id}", "" + id), bytes(Json.encode(value)));
        }
      }
    }
    int requests = requests();
    assertTrue(requests > 400, requests + " requests");
  }

  /** Valid bodies with some changed bytes. The seed is fixed, so a failure is reproducible. */
  @Test
  void bodiesWithBytesChanged() throws Exception {
    Random random = new Random(42);
    long id = alice.has("Buy milk");
    for (Operation operation : ApiDocument.operations()) {
      if (operation.body() == null) {
        continue;
      }
      for (int i = 0; i < 200; i++) {
        byte[] body = operation.bytes();
        for (int j = random.nextInt(4); j >= 0; j--) {
          body[random.nextInt(body.length)] = (byte) random.nextInt(256);
        }
        send(operation, operation.path().replace("{id}", "" + id), body);
      }
    }
    int requests = requests();
    assertTrue(requests >= 600, requests + " requests");
  }

  @Test
  void mediaTypesWithMalformedParameters() throws Exception {
    String flip = User.TASKS + "/" + alice.has("Buy milk") + "/complete";
    for (String parameter :
        List.of("charset=", "charset=\"", "charset=x y", "charset=none", "=", "\"", "a=\"\\")) {
      for (String body : List.of("", " ", "null", "{}", "{\"completed\": true}")) {
        send("PATCH", flip, "application/json; " + parameter, bytes(body));
        send("POST", User.TASKS, "application/json; " + parameter, bytes(body));
      }
    }
    assertEquals(70, requests());
  }

  @Test
  void pathsAreDecodedOnce() throws Exception {
    long id = alice.has("Buy milk");
    String digits = Long.toString(id);
    for (String path :
        List.of(
            "/api/tasks/%253" + digits,
            "/api/v1/tasks/%253" + digits,
            "/api/tasks/" + id + "%2Fcomplete",
            "/api/v1/tasks/" + id + "%2Fcomplete",
            "/api/tasks/%25",
            "/api/v1/tasks/%25;a",
            "/api/v1/tasks/%25zz")) {
      for (String method : List.of("GET", "PATCH", "OPTIONS", "POST")) {
        int status = send(method, path, "application/json", new byte[0]).join();
        assertTrue(status >= 400 || method.equals("OPTIONS"), method + " " + path + " " + status);
      }
    }
    alice.get(id).body("completed", equalTo(false));
  }

  /** Only printable ASCII can be sent in a header. */
  private void sendHeader(Operation operation, String name, String value) throws Exception {
    if (value.matches("[ -~]*")) {
      String path = operation.path().replace("{id}", "" + alice.has("Buy milk"));
      send(operation, path, operation.bytes(), name, value);
    }
  }

  private void send(Operation operation, String path, byte[] body, String... headers)
      throws Exception {
    String type = operation.mediaType() == null ? "application/json" : operation.mediaType();
    send(operation.method(), path, type, body, headers);
  }

  private CompletableFuture<Integer> send(
      String method, String path, String type, byte[] body, String... headers) throws Exception {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(base.resolve(path))
            .header("Authorization", "Bearer " + Tokens.token(alice.name()))
            .header("Content-Type", type)
            .method(method, BodyPublishers.ofByteArray(body));
    HttpRequest request = headers.length == 0 ? builder.build() : builder.headers(headers).build();
    String sent = method + " " + path + " " + new String(body, StandardCharsets.UTF_8);
    places.acquire();
    CompletableFuture<Integer> status =
        client
            .sendAsync(request, BodyHandlers.ofString())
            .whenComplete((answer, failure) -> places.release())
            .thenApply(answer -> check(answer, sent));
    answers.add(status);
    return status;
  }

  private static int check(HttpResponse<String> answer, String sent) {
    String text = sent + "\n" + answer.body();
    assertTrue(answer.statusCode() < 500, text);
    if (answer.statusCode() >= 400) {
      assertEquals(
          "application/problem+json", answer.headers().firstValue("Content-Type").orElse(""), text);
      String detail = new JsonObject(answer.body()).getString("detail");
      assertFalse(INTERNALS.matcher(detail).find(), text);
    }
    return answer.statusCode();
  }

  private static List<Parameter> parameters(Operation operation) {
    List<Parameter> parameters = operation.described().getParameters();
    return parameters == null ? List.of() : parameters;
  }

  private static List<String> fields(Operation operation) {
    if (operation.body() == null || operation.schema().getProperties() == null) {
      return List.of(); // a file is no object
    }
    return Stream.concat(
            operation.schema().getProperties().keySet().stream(), // the read-only ones among them
            Stream.of("unknown", "__proto__", "@class", ""))
        .toList();
  }

  /** Arrays and objects of hostile strings, for a field that is one. */
  private static List<Object> parts(Operation operation, String field) {
    Schema<?> schema = (Schema<?>) operation.schema().getProperties().get(field);
    Set<String> types = schema == null ? Set.of() : schema.getTypes();
    List<Object> parts = new ArrayList<>();
    for (String text : HOSTILE_STRINGS) {
      if (types.contains("array")) {
        parts.add(List.of(text));
        parts.add(List.of("a", text, text));
      }
      if (types.contains("object")) {
        parts.add(Map.of("a", text));
        parts.add(Map.of(text, "a", text + "b", text));
      }
    }
    return parts;
  }

  private static byte[] bytes(Object body) {
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }
}
