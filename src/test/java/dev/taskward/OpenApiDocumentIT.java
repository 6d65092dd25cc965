package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The document of the packaged service: without the sign-in of dev mode. */
@QuarkusIntegrationTest
class OpenApiDocumentIT {

  private static final String RENEWAL =
      "./mvnw -q package -DskipTests"
          + " -Dquarkus.smallrye-openapi.store-schema-directory=target/openapi"
          + " && cp target/openapi/openapi.yaml docs/";

  @Test
  void theCommittedDocumentIsTheServedOne() throws IOException {
    String committed = Files.readString(Path.of("docs/openapi.yaml")).replace("\r\n", "\n");

    String served = RestAssured.get("/q/openapi").asString();

    assertEquals(committed, served, "docs/openapi.yaml is renewed by: " + RENEWAL);
  }
}
