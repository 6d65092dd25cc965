package dev.taskward.problem;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.RawHttp;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies that are not JSON or not a task: 400, and the error of each field. */
@QuarkusTest
class InvalidInputContract {

  final User alice = User.fresh();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // field       | message                                          | body
        "title         | must not be blank                                | {\"title\": \"\"}",
        "title         | must not be blank                                | {\"title\": \" \\t\\n\"}",
        "title         | must not be blank                                | {\"title\": \"\\u00a0\\u200b\"}",
        "title         | must be a string                                 | {\"title\": 1}",
        "title         | must be a string                                 | {\"title\": true}",
        "title         | must be a string                                 | {\"title\": [\"a\"]}",
        "title         | must not contain U+0000 or an unpaired surrogate | {\"title\": \"a\\u0000\"}",
        "title         | must not contain U+0000 or an unpaired surrogate | {\"title\": \"a\\ud800\"}",
        "description   | must not contain U+0000 or an unpaired surrogate | {\"description\": \"\\u0000\"}",
        "description   | must not contain U+0000 or an unpaired surrogate | {\"description\": \"\\udc00\"}",
        "description   | must be a string                                 | {\"description\": {}}",
        "description   | must be a string                                 | {\"description\": 1.5}",
        "completed     | must be true or false                            | {\"completed\": \"true\"}",
        "completed     | must be true or false                            | {\"completed\": 1}",
        "completed     | must be true or false                            | {\"completed\": []}",
        "completed     | must not be null                                 | {\"completed\": null}",
        "owner         | is not a known field                             | {\"owner\": \"bob\"}",
        "Title         | is not a known field                             | {\"Title\": \"x\"}",
        "userId        | is not a known field                             | {\"userId\": \"bob\"}",
        "body          | must be a JSON object                            | []",
        "body          | must be a JSON object                            | \"title\"",
        "body          | must be a JSON object                            | 1",
        "body          | must be a JSON object                            | null",
      })
  void invalidInputNamesTheField(String field, String message, String body) {
    long id = alice.has("Buy milk");
    for (ValidatableResponse answer :
        List.of(alice.postText(body), alice.putText(id, body), alice.patch(id, body))) {
      answer
          .statusCode(400)
          .contentType("application/problem+json")
          .body("detail", equalTo("The input is invalid."))
          .body("errors", equalTo(List.of(Map.of("field", field, "message", message))));
    }
  }

  @Test
  void aTextThatIsTooLongIsRefused() {
    for (String character : List.of("x", "🦉")) {
      alice
          .postText("{\"title\": \"" + character.repeat(256) + "\"}")
          .statusCode(400)
          .body("errors.field", contains("title"))
          .body("errors.message", contains("must be at most 255 characters long"));
      alice
          .postText("{\"description\": \"" + character.repeat(501) + "\"}")
          .statusCode(400)
          .body("errors.field", contains("description"))
          .body("errors.message", contains("must be at most 500 characters long"));
    }
  }

  @Test
  void allErrorsAreReportedAtOnce() {
    alice
        .postText("{\"title\": \" \", \"description\": \"" + "x".repeat(501) + "\"}")
        .statusCode(400)
        .body("errors.field", contains("description", "title"));
  }

  @Test
  void anExplicitNullTitleIsRefusedInAChange() {
    long id = alice.has("Buy milk");
    String body = "{\"title\": null}";
    for (ValidatableResponse answer : List.of(alice.putText(id, body), alice.patch(id, body))) {
      answer
          .statusCode(400)
          .body("errors.field", contains("title"))
          .body("errors.message", contains("must not be null"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{",
        "{\"title\": \"a\"",
        "{\"title\": 'a'}",
        "{title: \"a\"}",
        "{\"title\": \"a\"} trailing",
        "{\"title\": \"a\", \"title\": \"b\"}",
        "{\"title\": \"a\",}",
        "{\"title\": NaN}",
        "// comment",
        "<task/>",
      })
  void invalidJsonIsRefused(String body) {
    alice
        .postText(body)
        .statusCode(400)
        .body(
            "detail", matchesPattern("The body is not valid JSON \\(line \\d+, column \\d+\\)\\."));
  }

  @Test
  void invalidUnicodeIsRefused() {
    for (int[] bytes :
        List.of(
            new int[] {'{', '"', 't', 'i', 't', 'l', 'e', '"', ':', '"', 0xff, '"', '}'},
            new int[] {0x00, 0x00, 0xfe, 0xff},
            new int[] {0x00, 0x11, 0x00, 0x00, 0x00},
            new int[] {0xef, 0xbb, 0xbf},
            new int[] {0xed, 0xa0, 0x80},
            new int[] {'{', '"', 't', 'i', 't', 'l', 'e', '"', ':', '"', 0xc1, 0x81, '"', '}'})) {
      byte[] body = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        body[i] = (byte) bytes[i];
      }
      alice
          .roughRequest()
          .contentType("application/json")
          .body(body)
          .post(User.TASKS)
          .then()
          .statusCode(400)
          .contentType("application/problem+json");
    }
  }

  /** RFC 8259, section 8.1 requires UTF-8. A proxy or firewall may read no other encoding. */
  @Test
  void jsonInAnotherEncodingIsRefused() {
    for (String encoding : List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE")) {
      alice
          .roughRequest()
          .contentType("application/json")
          .body("{\"title\": \"Buy milk\"}".getBytes(Charset.forName(encoding)))
          .post(User.TASKS)
          .then()
          .statusCode(400)
          .body("detail", equalTo("The body is not valid JSON."));
    }
    alice.list("").body("size()", equalTo(0));
  }

  @Test
  void anEmptyBodyIsRefused() {
    alice
        .roughRequest()
        .contentType(ContentType.JSON)
        .post(User.TASKS)
        .then()
        .statusCode(400)
        .body("errors.field", contains("body"));
  }

  /** RFC 9110, section 8.3.1: case and spaces around the semicolon make no difference. */
  @Test
  void aMediaTypeMayBeWrittenInSeveralWays() {
    for (String type :
        List.of(
            "Application/JSON",
            "application/json ; charset=\"utf-8\"",
            "application/json\t;\tcharset=utf-8",
            "application/json;charset=UTF-8 ; x=y")) {
      alice
          .authorized()
          .header("Content-Type", type)
          .body("{}".getBytes(StandardCharsets.UTF_8))
          .post(User.TASKS)
          .then()
          .statusCode(201);
    }
  }

  /** No form parser reads these bodies. It could fail on some of them. */
  @Test
  void formsAreNotAccepted() throws IOException {
    String token = "Authorization: Bearer " + Tokens.token(alice.name()) + "\r\n";
    for (String type :
        List.of(
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded ; charset=utf-8",
            "multipart/form-data; boundary=x",
            "multipart/mixed")) {
      for (String body : List.of("a=%", "a=b", "--x\r\n", "%")) {
        assertEquals(415, form("POST " + User.TASKS, token, type, body));
        assertEquals(415, form("PUT " + User.TASKS + "/1", token, type, body));
        assertEquals(200, form("GET " + User.TASKS, token, type, body)); // GET reads no body
        assertEquals(200, form("POST /q/openapi", "", type, body));
        assertEquals(401, form("POST " + User.TASKS, "", type, body));
      }
    }
  }

  private static int form(String request, String token, String type, String body)
      throws IOException {
    String answer =
        RawHttp.exchange(
            URI.create("http://localhost:" + RestAssured.port),
            "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(request, token, type, body.length(), body));
    return Integer.parseInt(answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
  }

  @Test
  void deeplyNestedJsonIsRefused() {
    for (int depth : List.of(16, 999, 1001, 20_000)) {
      for (String field : List.of("id", "title", "x")) {
        alice
            .postText("{\"%s\": %s%s}".formatted(field, "[".repeat(depth), "]".repeat(depth)))
            .statusCode(400);
      }
    }
    alice.postText("{\"id\": " + "[".repeat(15) + "]".repeat(15) + "}").statusCode(201);
  }
}
