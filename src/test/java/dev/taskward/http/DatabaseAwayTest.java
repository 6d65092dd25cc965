package dev.taskward.http;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import dev.taskward.ApiDocument;
import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
class DatabaseAwayTest {

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();

  @AfterEach
  void databaseIsBack() {
    wire.mend();
  }

  @Test
  void everyOperationIs503UntilTheDatabaseIsBack() {
    long id = alice.has("Buy milk");
    wire.cut();

    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      operation
          .send(alice.request(), id)
          .then()
          .statusCode(503)
          .contentType("application/problem+json")
          .header("Retry-After", notNullValue())
          .body("detail", equalTo("The service is unavailable for the moment."));
    }
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(503);
    RestAssured.get(TestDatabase.management("/q/health/live")).then().statusCode(200);

    wire.mend();
    alice.get(id).statusCode(200).body("title", equalTo("Buy milk"));
    RestAssured.get(TestDatabase.management("/q/health/ready")).then().statusCode(200);
  }
}
