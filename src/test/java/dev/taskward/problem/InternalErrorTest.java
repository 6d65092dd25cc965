package dev.taskward.problem;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.ServiceLog;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

/**
 * A fault of the service is a 500, not a 400 or 404. A client's error is not logged as a fault of
 * the service.
 */
@QuarkusTest
class InternalErrorTest {

  /** A parameter type that fails for a reason of the service, such as a missing class. */
  public static class Unreadable {

    public Unreadable(String text) {
      throw new IllegalStateException("of " + text);
    }
  }

  /** A body type that Jackson cannot create, such as a class that the native binary lacks. */
  public interface UnreadableBody {}

  public record UnwritableBody() {

    public String getText() {
      throw new IllegalStateException("no text");
    }
  }

  @Path("/api/unreadable")
  public static class UnreadableResource {

    @GET
    @Path("{id}")
    @Operation(hidden = true)
    public String get(@PathParam("id") Unreadable id) {
      return "read " + id;
    }

    @GET
    @Path("query")
    @Operation(hidden = true)
    public String quote(@QueryParam("q") String q, @Context UriInfo uri) {
      throw new IllegalStateException(uri.getRequestUri().toString(), new IOException("of " + q));
    }

    @POST
    @Operation(hidden = true)
    public String post(UnreadableBody body) {
      return "read " + body;
    }

    @GET
    @Operation(hidden = true)
    public UnwritableBody write() {
      return new UnwritableBody();
    }
  }

  @TestHTTPResource URI base;

  final User alice = User.fresh();

  @Test
  void aFailureToReadAParameterIsNot404() {
    assertFailed(alice.authorized().get("/api/unreadable/1"));
  }

  @Test
  void aFailureToReadABodyIsNot400() {
    assertFailed(
        alice.authorized().contentType("application/json").body("{}").post("/api/unreadable"));
  }

  @Test
  void aFailureToWriteAResponseIsNot400() {
    assertFailed(alice.authorized().get("/api/unreadable"));
  }

  /** The query may contain the text of a task. */
  @Test
  void theLogOfAFailureContainsNoQuery() {
    try (ServiceLog log = new ServiceLog()) {
      Response answer = alice.authorized().get("/api/unreadable/query?q=milk+and%20eggs");
      assertFailed(answer);

      ExtLogRecord line =
          log.lines().stream().filter(l -> l.getLevel().equals(Level.ERROR)).findFirst().get();
      String all = new PatternFormatter("%s%e").format(line);
      assertFalse(all.contains("milk"), all);
      assertTrue(all.startsWith("GET /api/unreadable/query failed"), all);
      assertTrue(all.contains("java.lang.IllegalStateException: REDACTED"), all);
      assertTrue(all.contains("Caused by: java.io.IOException: REDACTED"), all);
      assertTrue(all.contains("at " + UnreadableResource.class.getName() + ".quote("), all);
    }
  }

  /** RFC 9112, section 7.1. Vert.x may close the connection before the response. */
  @Test
  void aMalformedChunkIsAClientError() throws IOException {
    for (String chunk : List.of("zz", "-1", "0x2", "", "FFFFFFFFFFFFFFFF")) {
      try (ServiceLog log = ServiceLog.ofAll()) {
        String answer =
            RawHttp.exchange(
                base,
                "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\nAuthorization: Bearer "
                    + Tokens.token(alice.name())
                    + "\r\n\r\n"
                    + chunk
                    + "\r\n{}\r\n0\r\n\r\n");

        assertTrue(answer.matches("(?s)(HTTP/1.1 400 .*)?"), chunk + ": " + answer);
        assertEquals(
            List.of(),
            log.lines().stream()
                .filter(line -> line.getLevel().intValue() >= Level.WARN.intValue())
                .toList());
      }
    }
    alice.list("").body("size()", equalTo(0));
  }

  private static void assertFailed(Response answer) {
    answer
        .then()
        .statusCode(500)
        .body(
            "detail",
            equalTo("The service failed to process this request. Report it with the trace_id."));
  }
}
