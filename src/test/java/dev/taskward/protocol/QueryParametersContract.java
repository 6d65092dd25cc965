package dev.taskward.protocol;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.RawHttp;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.swagger.v3.oas.models.parameters.Parameter;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation takes the query parameters of the OpenAPI document, and no others. */
@QuarkusTest
class QueryParametersContract {

  private static final String VERSION = "/api/v1/";
  private static final String ALIAS = "/api/";

  private static final String NOT_TAKEN = "is not a parameter of this request";
  private static final String TWICE = "must be given once";

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();

  private long id;
  private long deleted;

  @BeforeEach
  void createTasks() {
    id = alice.has("Buy milk");
    deleted = alice.has("Buy tea");
    alice.delete(deleted).statusCode(204);
  }

  @ParameterizedTest
  @ValueSource(strings = {VERSION, ALIAS})
  void everyOtherParameterIs400WithItsName(String prefix) {
    Map<Operation, List<Parameter>> operations = operations();
    Set<String> names = new TreeSet<>(Set.of("unknown", "user_id"));
    operations.values().forEach(parameters -> names.addAll(names(parameters)));

    operations.forEach(
        (operation, parameters) -> {
          for (String name : names) {
            if (!names(parameters).contains(name)) {
              String query = required(parameters) + name + "=true";
              assertRefused(send(alice.authorized(), operation, prefix, query), name, NOT_TAKEN);
            }
          }
          String encoded = required(parameters) + "%75nknown=true";
          assertRefused(send(alice.authorized(), operation, prefix, encoded), "unknown", NOT_TAKEN);
        });

    assertNothingChanged();
  }

  @ParameterizedTest
  @ValueSource(strings = {VERSION, ALIAS})
  void aSecondValueIs400ExceptOfAnArray(String prefix) {
    List<String> arrays = new ArrayList<>();

    operations()
        .forEach(
            (operation, parameters) -> {
              for (Parameter parameter : parameters) {
                String name = parameter.getName();
                String query = name + "=true&" + name + "=true";
                ValidatableResponse answer = send(alice.authorized(), operation, prefix, query);
                if (isArray(parameter)) {
                  answer.statusCode(200);
                  arrays.add(operation.method() + " " + name);
                } else {
                  assertRefused(answer, name, TWICE);
                }
              }
            });

    assertEquals(List.of("GET tag"), arrays);
    assertNothingChanged();
  }

  @ParameterizedTest
  @ValueSource(strings = {VERSION, ALIAS})
  void tagMayRepeatAndMeansAllOfThem(String prefix) {
    alice.post(Map.of("title", "both", "tags", List.of("a", "b"))).statusCode(201);
    alice.post(Map.of("title", "one", "tags", List.of("a"))).statusCode(201);

    alice
        .roughRequest()
        .get(prefix + "tasks?tag=a&tag=b")
        .then()
        .statusCode(200)
        .body("title", contains("both"));
  }

  @ParameterizedTest
  @CsvSource({
    "200, tasks?limit=1&tag=a&tag=b",
    "400, tasks?limit=1&limit=1",
    "400, tasks?unknown=1",
    "200, tasks/{id}?deleted=true",
    "400, tasks/{id}?deleted=true&deleted=true",
    "400, tasks/{id}?limit=1",
    "400, tasks/{id}?permanent=false"
  })
  void headTakesTheParametersOfGet(int status, String target) {
    for (String prefix : List.of(VERSION, ALIAS)) {
      String path = prefix + target.replace("{id}", Long.toString(deleted));
      for (String method : List.of("HEAD", "GET")) {
        alice.roughRequest().request(method, path).then().statusCode(status);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VERSION, ALIAS})
  void withoutATokenEveryQueryIs401(String prefix) {
    operations()
        .forEach(
            (operation, parameters) -> {
              for (String query : List.of("unknown=1", "deleted=true&deleted=true")) {
                send(User.withoutToken(), operation, prefix, query)
                    .statusCode(401)
                    .header("WWW-Authenticate", equalTo("Bearer"));
              }
            });

    assertNothingChanged();
  }

  @ParameterizedTest
  @CsvSource({
    "unknown, %75nknown=1",
    "unknown, %75%6E%6b%6Eown=1",
    "unknown, limit=1&&unknown",
    "unknown, unknown=&limit=1",
    "%6cimit, %256cimit=1",
    "limit=1, limit%3D1",
    "'limit ', limit+=1",
    "'limit ', limit%20=1",
    "Limit, Limit=1",
    "lim\u0131t, lim%C4%B1t=1",
    "tag[], tag%5B%5D=a",
    ";unknown, ;unknown=1",
    "\ufffd, %ff=1"
  })
  void aNameIsDecodedOnce(String name, String query) throws IOException {
    assertRefused(raw("GET /api/v1/tasks?" + query), name, NOT_TAKEN);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, limit, limit=1&%6cimit=1",
    "GET, limit, %6Cimit=1&l%69mit=2",
    "GET, deleted, deleted=false&delete%64=true",
    "DELETE, deleted, deleted=true&%64eleted=true"
  })
  void anEncodedNameIsTheSameParameter(String method, String name, String query)
      throws IOException {
    assertRefused(raw(method + " /api/v1/tasks?" + query), name, TWICE);

    assertNothingChanged();
    String trash = raw("GET /api/v1/tasks?%64eleted=true");
    assertTrue(trash.contains("\"id\":" + deleted + ","), trash);
  }

  /** JAX-RS may serve them as the same path (RFC 3986, section 6.2.2). */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/%74asks",
        "/%61pi/v1/tasks",
        "/api/v1/tasks/",
        "/api/v1/tasks//",
        "/api/v1/tasks;a=b",
        "//api/v1/tasks",
        "/api/v1/./tasks",
        "/api/v1/x/../tasks",
        "/api/v1/%2e/tasks",
        "/api/v1/x/%2E%2e/tasks",
        "/api/%74asks",
        "/api/./tasks",
        "/api/tasks/",
        "http://localhost/api/v1/tasks"
      })
  void anEquivalentPathHasTheSameParameters(String path) throws IOException {
    for (String query : List.of("unknown=1", "limit=1&limit=1")) {
      String answer = raw("GET " + path + "?" + query);

      assertTrue(answer.matches("(?s)HTTP/1.1 (404 .*|400 .*\"errors\":.*)"), answer);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VERSION, ALIAS})
  void optionsIgnoresTheQuery(String prefix) {
    for (String path : ApiDocument.read().getPaths().keySet()) {
      Operation options = new Operation("OPTIONS", path, null, null);
      for (String query : List.of("unknown=1", "limit=1&limit=1")) {
        send(alice.roughRequest(), options, prefix, query)
            .statusCode(200)
            .header("Allow", containsString("OPTIONS"));
      }
    }
  }

  /** Every operation of the document, with its query parameters. */
  private static Map<Operation, List<Parameter>> operations() {
    Map<Operation, List<Parameter>> operations = new LinkedHashMap<>();
    for (Operation operation : ApiDocument.operations()) {
      operations.put(
          operation,
          Stream.ofNullable(operation.described().getParameters())
              .flatMap(List::stream)
              .filter(parameter -> parameter.getIn().equals("query"))
              .toList());
    }
    return operations;
  }

  private static List<String> names(List<Parameter> parameters) {
    return parameters.stream().map(Parameter::getName).toList();
  }

  private static boolean isArray(Parameter parameter) {
    return parameter.getSchema().getTypes().contains("array");
  }

  /** What has to stand before other parameters, so that only those are wrong. */
  private static String required(List<Parameter> parameters) {
    return parameters.stream()
        .filter(parameter -> Boolean.TRUE.equals(parameter.getRequired()))
        .map(parameter -> parameter.getName() + "=true&")
        .collect(Collectors.joining());
  }

  private ValidatableResponse send(
      RequestSpecification request, Operation operation, String prefix, String query) {
    if (operation.body() != null) {
      request.contentType(operation.mediaType()).body(operation.bytes());
    }
    String path = operation.path().replace(VERSION, prefix).replace("{id}", Long.toString(id));
    return request.urlEncodingEnabled(false).request(operation.method(), path + "?" + query).then();
  }

  private String raw(String requestLine) throws IOException {
    return RawHttp.exchange(
        base,
        requestLine
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + Tokens.token(alice.name())
            + "\r\n\r\n");
  }

  private static void assertRefused(String answer, String field, String message) {
    String errors = "\"errors\":[{\"field\":\"%s\",\"message\":\"%s\"}]".formatted(field, message);
    assertTrue(answer.startsWith("HTTP/1.1 400 ") && answer.contains(errors), answer);
  }

  private static void assertRefused(ValidatableResponse answer, String field, String message) {
    answer
        .statusCode(400)
        .body("errors.field", contains(field))
        .body("errors.message", contains(message));
  }

  private void assertNothingChanged() {
    alice.list("").body("id", contains((int) id)).body("version", contains(1));
    alice.list("?deleted=true").body("id", contains((int) deleted)).body("version", contains(2));
  }
}
