package dev.taskward.http;

import static org.hamcrest.Matchers.equalTo;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;

/** A fault of ours is not told as one of the path, as if there were no such task. */
@QuarkusTest
class ParameterFailureTest {

  /** Stands for an id that can't be read for a reason that is not in it, as a class not found. */
  public static class Unreadable {

    public Unreadable(String text) {
      throw new IllegalStateException("of " + text);
    }
  }

  @Path("/api/unreadable/{id}")
  public static class UnreadableResource {

    @GET
    @Operation(hidden = true)
    public String get(@PathParam("id") Unreadable id) {
      return "read " + id;
    }
  }

  @Test
  void aParameterThatCannotBeReadIsNoMissingTask() {
    User.fresh()
        .authorized()
        .get("/api/unreadable/1")
        .then()
        .statusCode(500)
        .body("detail", equalTo("The service failed to answer this request."));
  }
}
