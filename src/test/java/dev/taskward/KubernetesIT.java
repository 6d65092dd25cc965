package dev.taskward;

import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The packaged application with the settings of k8s/base, behind a proxy that ends TLS. */
@Tag("system")
class KubernetesIT {

  @Test
  void itStartsWithoutWarningsAnswersProbesAndTrustsTheIngress() throws Exception {
    V1Container container =
        Manifests.only(Manifests.objects(Manifests.BASE), V1Deployment.class)
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .get(0);
    Map<String, String> settings = new HashMap<>();
    Manifests.literals(Manifests.BASE, "configMapGenerator")
        .map(literal -> literal.split("=", 2))
        .forEach(setting -> settings.put(setting[0], setting[1]));
    settings.put("BETTER_AUTH_SECRET", Tokens.SECRET);
    assertTrue(settings.containsKey("TASKWARD_PROXY_TRUSTED"));
    settings.put("TASKWARD_PROXY_TRUSTED", "127.0.0.0/8"); // the test is the ingress

    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
        connection.createStatement().execute("create role taskward login");
        connection.createStatement().execute("create database taskward owner taskward");
      }
      settings.put(
          "DATABASE_URL", "postgresql://taskward@localhost:" + postgres.getPort() + "/taskward");
      try (PackagedApplication.Running service = new PackagedApplication.Running(settings)) {
        Stream.of(
                container.getStartupProbe(),
                container.getLivenessProbe(),
                container.getReadinessProbe())
            .forEach(
                probe ->
                    RestAssured.get(service.managementUrl(probe.getHttpGet().getPath()))
                        .then()
                        .statusCode(200));
        RestAssured.given()
            .header("Authorization", "Bearer " + Tokens.token("ingress"))
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "taskward.example.com")
            .contentType("application/json")
            .body("{}")
            .post(service.url(User.TASKS))
            .then()
            .statusCode(201)
            .header("Location", startsWith("https://taskward.example.com" + User.TASKS + "/"));

        service.stopWithoutWarning();
      }
    }
  }
}
