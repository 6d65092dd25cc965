package dev.taskward.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.ApiDocument;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ConcealForeignTasksTest.Concealed.class)
class ConcealForeignTasksTest {

  public static class Concealed implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("taskward.conceal-foreign-tasks", "true");
    }
  }

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void anotherUsersTaskIsAnsweredLikeAnUnknownId() {
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      if (operation.isAboutOneTask()) {
        long id = alice.has("Mine");
        Response foreign = operation.send(bob.request(), id);
        Response unknown = operation.send(bob.request(), 9_000_000_000_000_000L);

        assertEquals(404, foreign.statusCode(), operation.toString());
        assertEquals(members(unknown), members(foreign), operation.toString());
        assertEquals(
            unknown.headers().asList().stream().map(h -> h.getName()).toList(),
            foreign.headers().asList().stream().map(h -> h.getName()).toList());
      }
    }
  }

  /** All but the two that name the request. */
  private static Map<String, Object> members(Response problem) {
    Map<String, Object> members = problem.jsonPath().getMap("$");
    members.remove("instance");
    members.remove("trace_id");
    return members;
  }
}
