package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The images match the Kubernetes manifests, and compose.yaml has existing settings only. */
@Tag("system")
class ContainersTest {

  final V1PodSpec pod =
      Manifests.only(Manifests.objects(Manifests.BASE), V1Deployment.class)
          .getSpec()
          .getTemplate()
          .getSpec();

  @ParameterizedTest
  @ValueSource(strings = {"jvm", "native-micro", "native-build"})
  void theImageMatchesTheManifests(String kind) {
    String image = dockerfile(kind);
    String last = image.substring(image.lastIndexOf("\nFROM ") + 1);
    var user = pod.getSecurityContext();

    assertEquals(user.getRunAsUser() + ":" + user.getRunAsGroup(), only("(?m)^USER (.*)$", last));
    assertEquals(
        pod.getContainers().get(0).getPorts().stream()
            .map(V1ContainerPort::getContainerPort)
            .map(String::valueOf)
            .collect(Collectors.joining(" ")),
        only("(?m)^EXPOSE (.*)$", last));
    assertEquals("SIGTERM", only("(?m)^STOPSIGNAL (.*)$", last));
    // A shell in between would not forward the signal.
    assertTrue(only("(?m)^ENTRYPOINT (.*)$", last).startsWith("[\""));
  }

  /** An AOT cache works only with the Java version that created it. */
  @Test
  void theAotCacheIsCreatedOnTheImageThatRunsTheJar() {
    List<String> images =
        Pattern.compile("(?m)^FROM (\\S+)")
            .matcher(dockerfile("jvm"))
            .results()
            .map(m -> m.group(1))
            .toList();

    assertEquals(2, images.size());
    assertEquals(images.get(0), images.get(1));
  }

  @Test
  void bothBinariesUseTheSameImage() {
    assertEquals(
        only("(?m)^FROM (\\S+micro\\S+)$", dockerfile("native-micro")),
        only("(?m)^FROM (\\S+micro\\S+)$", dockerfile("native-build")));
  }

  @Test
  void composeHasExistingSettingsAndRequiresTheSecrets() {
    String text = Manifests.text(Path.of("compose.yaml"));
    JsonObject services = Manifests.documents(text).get(0).getAsJsonObject("services");
    JsonObject service = services.getAsJsonObject("taskward");
    Set<String> variables = new TreeSet<>(service.getAsJsonObject("environment").keySet());

    variables.removeAll(KubernetesTest.known());
    assertEquals(Set.of(), variables);
    assertEquals(
        Set.of("BETTER_AUTH_SECRET", "POSTGRES_PASSWORD"),
        Pattern.compile("\\$\\{(\\w+):\\?")
            .matcher(text)
            .results()
            .map(m -> m.group(1))
            .collect(Collectors.toSet()));
    assertEquals(
        "127.0.0.1:8080:8080", Manifests.strings(service, "ports").findFirst().orElseThrow());
    // The same path as the readiness probe of the pod.
    assertTrue(
        Manifests.strings(service.getAsJsonObject("healthcheck"), "test")
            .anyMatch(
                command ->
                    command.contains(
                        "GET "
                            + pod.getContainers().get(0).getReadinessProbe().getHttpGet().getPath()
                            + " ")));
    services
        .entrySet()
        .forEach(
            one -> {
              JsonObject container = one.getValue().getAsJsonObject();
              assertTrue(container.get("read_only").getAsBoolean());
              assertEquals(List.of("ALL"), Manifests.strings(container, "cap_drop").toList());
              assertEquals(
                  List.of("no-new-privileges:true"),
                  Manifests.strings(container, "security_opt").toList());
              assertTrue(container.has("healthcheck"));
            });
  }

  private static String dockerfile(String kind) {
    return Manifests.text(Path.of("src/main/docker/Dockerfile." + kind));
  }

  private static String only(String pattern, String text) {
    List<MatchResult> found = Pattern.compile(pattern).matcher(text).results().toList();
    assertEquals(1, found.size(), pattern);
    return found.get(0).group(1);
  }
}
