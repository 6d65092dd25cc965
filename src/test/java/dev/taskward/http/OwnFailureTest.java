package dev.taskward.http;

import static org.hamcrest.Matchers.equalTo;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;

/** A fault of ours is not told as one of the path or of the body. */
@QuarkusTest
class OwnFailureTest {

  /** Stands for an id that can't be read for a reason that is not in it, as a class not found. */
  public static class Unreadable {

    public Unreadable(String text) {
      throw new IllegalStateException("of " + text);
    }
  }

  /** Stands for a class that Jackson can't make of any JSON, as one that a binary does not have. */
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

  final User alice = User.fresh();

  @Test
  void aParameterThatCannotBeReadIsNoMissingTask() {
    assertFailed(alice.authorized().get("/api/unreadable/1"));
  }

  @Test
  void aBodyThatNoJsonCanBecomeIsNotMalformed() {
    assertFailed(
        alice.authorized().contentType("application/json").body("{}").post("/api/unreadable"));
  }

  @Test
  void anAnswerThatCannotBeWrittenIsNotMalformed() {
    assertFailed(alice.authorized().get("/api/unreadable"));
  }

  private static void assertFailed(Response answer) {
    answer
        .then()
        .statusCode(500)
        .body("detail", equalTo("The service failed to answer this request."));
  }
}
