package dev.taskward.dev;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
class SignInTest {

  @Test
  void anyUserNameGetsATokenForADay() {
    User user = User.fresh();
    String token =
        given()
            .formParam("grant_type", "password")
            .formParam("username", user.name())
            .formParam("password", "")
            .post("/dev/token")
            .then()
            .statusCode(200)
            .header("Cache-Control", "no-store")
            .body("token_type", equalTo("Bearer"))
            .body("expires_in", equalTo(24 * 60 * 60))
            .extract()
            .path("access_token");

    user.has("Mine");
    User.withToken(token).get(User.TASKS).then().statusCode(200).body("title", contains("Mine"));
  }

  @Test
  void aUserNameIsRequired() throws IOException {
    for (String name : new String[] {"", "  "}) {
      given()
          .formParam("username", name)
          .post("/dev/token")
          .then()
          .statusCode(400)
          .contentType("application/problem+json")
          .body("errors.field", contains("username"));
    }
    given().post("/dev/token").then().statusCode(400);
    for (String form : List.of("username=%", "%", "username=%zz", "a=b")) {
      String answer =
          RawHttp.exchange(
              URI.create("http://localhost:" + RestAssured.port),
              "POST /dev/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                  + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
                      .formatted(form.length(), form));
      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    }
    given().get("/dev/token").then().statusCode(404);
  }

  @Test
  void theDocumentDescribesTheSignIn() {
    RestAssured.get("/q/openapi?format=json")
        .then()
        .body("components.securitySchemes.keySet()", contains("sign-in"))
        .body("components.securitySchemes.sign-in.type", equalTo("oauth2"))
        .body("components.securitySchemes.sign-in.flows.password.tokenUrl", equalTo("/dev/token"))
        .body("paths.'/api/v1/tasks'.get.security", equalTo(List.of(Map.of("sign-in", List.of()))));
    assertEquals(200, RestAssured.get("/q/swagger-ui/").statusCode());
  }
}
