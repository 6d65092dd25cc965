package dev.taskward.problem;

import static io.restassured.config.EncoderConfig.encoderConfig;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.config.RestAssuredConfig;
import io.restassured.http.ContentType;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every error is a problem document (RFC 9457). It describes the client's error and no internals.
 */
@QuarkusTest
class ProblemContract {

  final User alice = User.fresh();

  @Test
  void aProblemHasAllItsMembers() {
    alice
        .get(Long.MAX_VALUE)
        .statusCode(404)
        .contentType("application/problem+json")
        .body("keySet()", contains("type", "title", "status", "detail", "instance", "trace_id"))
        .body("type", equalTo("about:blank"))
        .body("title", equalTo("Not Found"))
        .body("status", equalTo(404))
        .body("detail", equalTo("There is no task with this id."))
        .body("instance", equalTo("/api/v1/tasks/" + Long.MAX_VALUE))
        .body("trace_id", matchesPattern("[0-9a-f]{32}"));
  }

  @Test
  void theTraceIdIsTheOneOfTraceparent() {
    String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    alice
        .request()
        .header("traceparent", "00-" + traceId + "-00f067aa0ba902b7-01")
        .get(User.TASKS + "/1000000000000")
        .then()
        .body("trace_id", equalTo(traceId));
  }

  @Test
  void anInvalidTraceparentIsIgnored() {
    for (String bad :
        List.of(
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "<script>")) {
      alice
          .request()
          .header("traceparent", bad)
          .get(User.TASKS + "/1000000000000")
          .then()
          .body("trace_id", matchesPattern("[0-9a-f]{32}"))
          .body("trace_id", not(equalTo("4bf92f3577b34da6a3ce929d0e0e4736")))
          .body("trace_id", not(equalTo("00000000000000000000000000000000")));
    }
  }

  @Test
  void anUnknownPathIs404() {
    for (String path :
        List.of("/", "/api", "/api/v1", "/api/v2/tasks", "/api/v1/tasks/1/2", "/x")) {
      alice
          .roughRequest()
          .get(path)
          .then()
          .statusCode(404)
          .contentType("application/problem+json")
          .body("detail", equalTo("There is nothing at this path."))
          .body("instance", equalTo(path));
    }
  }

  @Test
  void aNonIntegerIdIs400AndAnUnknownIdIs404() {
    for (String id : List.of("abc", "1.5", "0x10", "1e3", "%20", "-", "null", "1%00")) {
      alice
          .roughRequest()
          .urlEncodingEnabled(false)
          .get(User.TASKS + "/" + id)
          .then()
          .statusCode(400)
          .body("errors.field", contains("id"));
    }
    for (String id : List.of("0", "-1", "9007199254740993", "9".repeat(40), "-" + "9".repeat(40))) {
      alice.roughRequest().get(User.TASKS + "/" + id).then().statusCode(404);
    }
  }

  /** Derived from the OpenAPI document. A method that it lacks is a 405 that lists the others. */
  @Test
  void anUnsupportedMethodIs405WithAllow() {
    for (String path : ApiDocument.read().getPaths().keySet()) {
      Set<String> has = new HashSet<>(ApiDocument.methods(path));
      has.add("OPTIONS");
      if (has.contains("GET")) {
        has.add("HEAD");
      }
      // An equivalent path (RFC 3986, section 6.2.2.2).
      String encoded = path.replace("{id}", "1").replace("/tasks", "/%74asks");
      for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
        if (!has.contains(method)) {
          String allow =
              alice
                  .roughRequest()
                  .urlEncodingEnabled(false)
                  .request(method, encoded)
                  .then()
                  .statusCode(405)
                  .contentType("application/problem+json")
                  .extract()
                  .header("Allow");
          assertEquals(has, Set.of(allow.split(", ")), method + " " + path);
        }
      }
      String allow =
          alice.roughRequest().options(path.replace("{id}", "1")).then().extract().header("Allow");
      assertEquals(has, new HashSet<>(Arrays.asList(allow.split(", "))), "OPTIONS " + path);
    }
  }

  @Test
  void anEncodedSlashIsPartOfTheId() {
    for (String method : List.of("POST", "OPTIONS")) {
      alice
          .roughRequest()
          .urlEncodingEnabled(false)
          .request(method, User.TASKS + "/a%2Frestore")
          .then()
          .header("Allow", equalTo("GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
    }
  }

  @Test
  void anUnacceptableMediaTypeIs406() {
    for (String accept :
        List.of(
            "text/html",
            "application/xml",
            "image/*",
            "application/json;q=0",
            "application/json; q=0.000",
            "application/*;q=0",
            "*/*;q=0",
            "Application/JSON;q=0, */*",
            "application/*;q=0.0, */*;q=1",
            "text/html;a=\"*/*,\"",
            "application/json\t;\tq=0",
            "x",
            ";")) {
      alice
          .roughRequest()
          .header("Accept", accept)
          .get(User.TASKS)
          .then()
          .statusCode(406)
          .contentType("application/problem+json");
    }
    for (String accept :
        List.of(
            "text/html, */*;q=0.1",
            "application/json;q=0.001",
            "application/json, */*;q=0",
            "text/html;q=0, */*",
            "application/json;profile=\"http://a,b\"",
            "application/json;a=\"\\\",;q=0\"",
            "application/json;a=\";q=0;\"",
            "application/json;a=b,c",
            "a/b;c=\"d,e\", */*",
            ",application/json",
            ",")) {
      alice.roughRequest().header("Accept", accept).get(User.TASKS).then().statusCode(200);
    }
  }

  /** The response has no body, so Accept is ignored. */
  @Test
  void aDeleteIgnoresAccept() {
    for (String accept :
        List.of(
            "application/json;q=0",
            "",
            "x",
            "application/json, c",
            "application/json,,text/html",
            "application/json;profile=\"x,y\"",
            "application/json;q=\"0,1\"")) {
      alice
          .roughRequest()
          .header("Accept", accept)
          .delete(User.TASKS + "/" + alice.has("Buy milk"))
          .then()
          .statusCode(204);
    }
  }

  /** HTTP libraries add a Content-Type: axios to a PATCH, curl to an empty --data. */
  @Test
  void theMediaTypeOfAnEmptyBodyIsIgnored() {
    long id = alice.has("Buy milk");

    alice
        .roughRequest()
        .header("Content-Type", "text/plain")
        .body(new byte[0])
        .patch(User.TASKS + "/" + id + "/complete")
        .then()
        .statusCode(200)
        .body("completed", equalTo(true));
    alice
        .roughRequest()
        .header("Content-Type", "text/plain")
        .body(new byte[0])
        .post(User.TASKS)
        .then()
        .statusCode(400);
  }

  @Test
  void anUnsupportedMediaTypeIs415() {
    for (String type : List.of("text/plain", "application/xml", "nonsense")) {
      alice
          .roughRequest()
          .header("Content-Type", type)
          .body("{\"title\": \"x\"}".getBytes())
          .post(User.TASKS)
          .then()
          .statusCode(415)
          .contentType("application/problem+json")
          .body("detail", startsWith("The body must be application/json, not " + type));
    }
    alice
        .roughRequest()
        .header("Content-Type", "multipart/form-data; boundary=x")
        .body(
            "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nx\r\n--x--\r\n"
                .getBytes())
        .post(User.TASKS)
        .then()
        .statusCode(415);
  }

  @Test
  void aPatchWithAnUnsupportedMediaTypeIs415WithAcceptPatch() {
    String task = User.TASKS + "/" + alice.has("Buy milk");
    for (String[] path :
        new String[][] {
          {task, "application/merge-patch+json"}, {task + "/complete", "application/json"}
        }) {
      for (String type : List.of("application/json-patch+json", "text/plain")) {
        alice
            .roughRequest()
            .header("Content-Type", type)
            .body("{\"completed\": true}".getBytes())
            .patch(path[0])
            .then()
            .statusCode(415)
            .contentType("application/problem+json")
            .header("Accept-Patch", equalTo(path[1]))
            .body("detail", startsWith("The body must be %s, not %s".formatted(path[1], type)));
      }
      alice.roughRequest().options(path[0]).then().header("Accept-Patch", equalTo(path[1]));
    }
    alice
        .roughRequest()
        .contentType("application/json")
        .body("{\"completed\": true}".getBytes())
        .patch(task)
        .then()
        .statusCode(415);
    alice
        .authorized()
        .urlEncodingEnabled(false)
        .contentType("application/json")
        .body("{}".getBytes())
        .patch(User.TASKS + "/%2e/1")
        .then()
        .statusCode(415)
        .header("Accept-Patch", equalTo("application/merge-patch+json"));
    alice.roughRequest().options(User.TASKS).then().header("Accept-Patch", nullValue());
    alice.roughRequest().put(User.TASKS).then().header("Accept-Patch", nullValue());
  }

  @Test
  void theMediaTypeIsIgnoredIfNoBodyIsRead() {
    long id = alice.has("Buy milk");
    for (String type : List.of("text/plain", "multipart/form-data; boundary=", "nonsense")) {
      alice.roughRequest().header("Content-Type", type).get(User.TASKS).then().statusCode(200);
      User.withoutToken().header("Content-Type", type).get("/q/openapi").then().statusCode(200);
    }
    alice
        .roughRequest()
        .header("Content-Type", "multipart/form-data; boundary=\"")
        .body("".getBytes())
        .put(User.TASKS + "/" + id)
        .then()
        .statusCode(400);
    alice.roughRequest().accept("text/html").delete(User.TASKS + "/" + id).then().statusCode(204);
  }

  @Test
  void aContentCodingIs415() {
    alice
        .roughRequest()
        .contentType("application/json")
        .header("Content-Encoding", "gzip")
        .body("{}".getBytes())
        .post(User.TASKS)
        .then()
        .statusCode(415)
        .contentType("application/problem+json")
        .body("detail", equalTo("The body must have no Content-Encoding."));
  }

  /** Includes operations that read no body. The OpenAPI document must list both statuses. */
  @Test
  void everyOperationRefusesEncodedAndTooLargeBodies() {
    Map<String, Integer> limits =
        Map.of(User.TASKS + "/batch", 256 * 1024, User.TASKS + "/import", 8 * 1024 * 1024);
    long id = alice.has("Buy milk");
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      operation
          .send(alice.roughRequest().header("Content-Encoding", "gzip"), id)
          .then()
          .statusCode(415)
          .contentType("application/problem+json");
      alice
          .roughRequest()
          .contentType("application/json")
          .body(new byte[limits.getOrDefault(operation.path(), 64 * 1024) + 1])
          .request(operation.method(), operation.path().replace("{id}", "" + id))
          .then()
          .statusCode(413)
          .contentType("application/problem+json");
    }
  }

  /** Vert.x sends these responses, without a body. */
  @Test
  void everyOperationRefusesATooLongHead() {
    long id = alice.has("Buy milk");
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      operation
          .send(alice.roughRequest().header("X-Long", "x".repeat(17_000)), id)
          .then()
          .statusCode(431);
      alice
          .roughRequest()
          .request(operation.method(), operation.path().replace("{id}", "0".repeat(4_100)))
          .then()
          .statusCode(
              operation.isAboutOneTask() ? 414 : operation.method().equals("GET") ? 200 : 400);
      assertTrue(operation.described().getResponses().containsKey("414"), operation.toString());
    }
  }

  @Test
  void aBodyOverTheLimitIs413WhetherItsLengthIsKnownOrNot() {
    String large = "{\"title\": \"" + "x".repeat(65 * 1024) + "\"}";
    alice
        .postText(large)
        .statusCode(413)
        .contentType("application/problem+json")
        .header("Connection", "close");
    alice
        .roughRequest()
        .contentType("application/json")
        .body(new ByteArrayInputStream(large.getBytes())) // sent in chunks
        .post(User.TASKS)
        .then()
        .statusCode(413)
        .contentType("application/problem+json")
        .body("title", equalTo("Content Too Large"));
    alice.postText("{\"title\": \"x\"" + " ".repeat(60 * 1024) + "}").statusCode(201);
  }

  @Test
  void aFormIs415() {
    for (String type : List.of("application/x-www-form-urlencoded", "multipart/form-data")) {
      alice
          .roughRequest()
          .header("Content-Type", type + "; boundary=b")
          .config(
              RestAssuredConfig.config()
                  .encoderConfig(encoderConfig().encodeContentTypeAs(type, ContentType.TEXT)))
          .body("title=Buy+milk")
          .post(User.TASKS)
          .then()
          .statusCode(415)
          .contentType("application/problem+json");
    }
  }
}
