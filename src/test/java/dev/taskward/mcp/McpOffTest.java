package dev.taskward.mcp;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.User;
import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.arc.InjectableContext;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Singleton;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Without settings, there are neither tools for agents nor metadata about tokens. */
@QuarkusTest
class McpOffTest {

  private static final List<String> PATHS = List.of("/mcp", "/mcp/", "/mcp/sse", "/mcp/messages/1");

  final User alice = User.fresh();

  @Test
  void itsPathsAreUnknown() {
    for (String path : PATHS) {
      for (String method : List.of("GET", "POST", "DELETE")) {
        alice
            .authorized()
            .request(method, path)
            .then()
            .statusCode(404)
            .contentType("application/problem+json");
        RestAssured.given()
            .request(method, path)
            .then()
            .statusCode(401)
            .header("WWW-Authenticate", equalTo("Bearer"));
      }
    }
  }

  @Test
  void thereIsNoMetadata() {
    for (String path : List.of("", "/", "/mcp", "/x")) {
      RestAssured.get("/.well-known/oauth-protected-resource" + path)
          .then()
          .statusCode(404)
          .contentType("application/problem+json");
    }
  }

  /** It would cost memory and time at each startup. */
  @Test
  void theLibraryIsNotStarted() {
    ArcContainer container = Arc.container();
    List<String> started =
        container.getContexts(Singleton.class).stream()
            .map(InjectableContext::getState)
            .flatMap(state -> state.getContextualInstances().keySet().stream())
            .map(bean -> bean.getBeanClass().getName())
            .filter(
                name -> name.matches("io\\.quarkiverse\\.mcp\\..*(Handler|Manager|Generator).*"))
            .toList();

    assertEquals(List.of(), started);
  }
}
