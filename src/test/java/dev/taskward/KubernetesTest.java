package dev.taskward;

import static dev.taskward.Manifests.BASE;
import static dev.taskward.Manifests.ERASE_JOB;
import static dev.taskward.Manifests.GATEWAY;
import static dev.taskward.Manifests.MIGRATION_JOB;
import static dev.taskward.Manifests.OVERLAYS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.taskward.config.EnvironmentConfigSource;
import dev.taskward.config.TaskwardConfig;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1EnvVar;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1IngressRule;
import io.kubernetes.client.openapi.models.V1IngressServiceBackend;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPort;
import io.kubernetes.client.openapi.models.V1NetworkPolicySpec;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.management.ManagementConfig;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Kubernetes manifests are valid and fit the application. */
@Tag("system")
class KubernetesTest {

  private static final String THREADS = "QUARKUS_THREAD_POOL_MAX_THREADS";
  private static final String CONNECTIONS = "QUARKUS_DATASOURCE_JDBC_MAX_SIZE";

  final List<JsonObject> base = Manifests.objects(BASE);
  final V1Deployment deployment = Manifests.only(base, V1Deployment.class);
  final V1PodSpec pod = deployment.getSpec().getTemplate().getSpec();
  final V1Container container = pod.getContainers().get(0);
  private static final Path PRODUCTION = Path.of("k8s/overlays/production");

  /** The settings of the packaged application, without environment variables. */
  private static final SmallRyeConfig CONFIG = config();

  private static SmallRyeConfig config() {
    try {
      return new SmallRyeConfigBuilder()
          .withProfile("prod")
          .addDefaultInterceptors()
          .addDiscoveredConverters()
          .withSources(
              new PropertiesConfigSource(
                  Path.of("src/main/resources/application.properties").toUri().toURL()))
          .build();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static List<Path> overlays() {
    return OVERLAYS;
  }

  static Stream<Path> folders() {
    return Stream.concat(Stream.of(BASE, GATEWAY, MIGRATION_JOB, ERASE_JOB), OVERLAYS.stream());
  }

  @ParameterizedTest
  @MethodSource("folders")
  void everyObjectHasOnlyFieldsThatKubernetesKnows(Path folder) {
    List<JsonObject> objects = Manifests.objects(folder);

    assertFalse(objects.isEmpty());
    assertEquals(
        List.of(), objects.stream().map(Manifests::fault).filter(f -> !f.isEmpty()).toList());
  }

  @Test
  void aMisspeltFieldIsFound() {
    JsonObject misspelt =
        Manifests.objects(BASE).stream()
            .filter(KubernetesTest::isDeployment)
            .findFirst()
            .orElseThrow();
    misspelt.getAsJsonObject("spec").addProperty("minReadySecond", 1);

    assertTrue(Manifests.fault(misspelt).contains("minReadySecond"), Manifests.fault(misspelt));
  }

  private static boolean isDeployment(JsonObject object) {
    return Manifests.kind(object).equals("apps/v1 Deployment");
  }

  @ParameterizedTest
  @MethodSource("folders")
  void everyFileIsPartOfItsKustomization(Path folder) throws IOException {
    JsonObject kustomization = Manifests.kustomization(folder);
    Set<String> listed =
        Stream.concat(
                Manifests.strings(kustomization, "resources")
                    .filter(resource -> !Files.isDirectory(folder.resolve(resource))),
                Manifests.elements(kustomization, "patches")
                    .map(JsonElement::getAsJsonObject)
                    .filter(patch -> patch.has("path"))
                    .map(patch -> patch.get("path").getAsString()))
            .collect(Collectors.toCollection(TreeSet::new));
    Manifests.elements(kustomization, "configMapGenerator")
        .flatMap(generator -> Manifests.strings(generator.getAsJsonObject(), "files"))
        .forEach(listed::add);
    listed.add("kustomization.yaml");

    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          listed,
          files
              .map(file -> file.getFileName().toString())
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  /** The rendered overlay is valid, and every name in it refers to an existing object. */
  @ParameterizedTest
  @MethodSource("overlays")
  void kubectlRendersTheOverlay(Path overlay) throws Exception {
    List<JsonObject> objects = rendered(overlay);
    Set<String> names =
        objects.stream()
            .map(o -> o.get("kind").getAsString() + " " + Manifests.name(o))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> secrets = secrets(objects);
    for (V1Container container : containers(objects)) {
      assertTrue(container.getImage().contains("/"), container.getImage());
      for (var from : orEmpty(container.getEnvFrom())) {
        if (from.getConfigMapRef() != null) {
          assertTrue(names.contains("ConfigMap " + from.getConfigMapRef().getName()));
        }
        if (from.getSecretRef() != null) {
          assertTrue(secrets.contains(from.getSecretRef().getName()), secrets.toString());
        }
      }
      for (var variable : orEmpty(container.getEnv())) {
        if (variable.getValueFrom() != null) {
          assertTrue(secrets.contains(variable.getValueFrom().getSecretKeyRef().getName()));
        }
      }
    }
    V1Ingress ingress = Manifests.only(objects, V1Ingress.class);
    assertTrue(names.contains("Service " + backend(ingress).getName()));
    Set<String> namespaces =
        objects.stream()
            .filter(object -> !object.get("kind").getAsString().equals("Namespace"))
            .map(o -> o.getAsJsonObject("metadata").get("namespace").getAsString())
            .collect(Collectors.toSet());
    assertEquals(1, namespaces.size());
    assertTrue(names.contains("Namespace " + namespaces.iterator().next()));
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void aGatewayReplacesTheIngress(Path overlay, @TempDir Path copy) throws Exception {
    List<JsonObject> objects = rendered(overlay, GATEWAY, copy);

    JsonObject route =
        objects.stream()
            .filter(
                object -> Manifests.kind(object).equals("gateway.networking.k8s.io/v1 HTTPRoute"))
            .map(object -> object.getAsJsonObject("spec"))
            .findFirst()
            .orElseThrow();
    JsonObject backend =
        Manifests.elements(route, "rules")
            .flatMap(rule -> Manifests.elements(rule.getAsJsonObject(), "backendRefs"))
            .findFirst()
            .orElseThrow()
            .getAsJsonObject();
    // Otherwise links would contain what clients send.
    assertEquals(
        List.of("X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix"),
        Manifests.elements(route, "rules")
            .flatMap(rule -> Manifests.elements(rule.getAsJsonObject(), "filters"))
            .map(filter -> filter.getAsJsonObject().getAsJsonObject("requestHeaderModifier"))
            .flatMap(headers -> Manifests.strings(headers, "remove"))
            .toList());
    V1Service service = Manifests.only(named(objects, "Service", "taskward"), V1Service.class);
    assertEquals(service.getMetadata().getName(), text(backend, "name"));
    assertEquals(service.getSpec().getPorts().get(0).getPort(), backend.get("port").getAsInt());
    assertEquals(
        List.of(),
        objects.stream().filter(o -> o.get("kind").getAsString().equals("Ingress")).toList());
    assertEquals(
        Map.of(
            "kubernetes.io/metadata.name",
            text(Manifests.elements(route, "parentRefs").findFirst().orElseThrow(), "namespace")),
        Manifests.only(named(objects, "NetworkPolicy", "taskward"), V1NetworkPolicy.class)
            .getSpec()
            .getIngress()
            .get(0)
            .getFrom()
            .get(0)
            .getNamespaceSelector()
            .getMatchLabels());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void aJobMigratesInsteadOfTheService(Path overlay, @TempDir Path copy) throws Exception {
    List<JsonObject> objects = rendered(overlay, MIGRATION_JOB, copy);

    V1PodTemplateSpec job = template(objects, "Job", "taskward-migration");
    assertRunsLikeTheService(objects, job, Map.of("TASKWARD_MIGRATE", "only"));
    assertReachesTheDatabase(overlay, objects, job);
    V1Container container =
        template(objects, "Deployment", "taskward").getSpec().getContainers().get(0);
    String settings = container.getEnvFrom().get(0).getConfigMapRef().getName();
    assertTrue(
        objects.stream()
            .filter(object -> Manifests.name(object).equals(settings))
            .anyMatch(object -> text(object.get("data"), "TASKWARD_MIGRATE").equals("never")));
  }

  /** Operators make a Job of the CronJob for each user. It never runs by itself. */
  @ParameterizedTest
  @MethodSource("overlays")
  void aJobErasesAUserOnDemandOnly(Path overlay, @TempDir Path copy) throws Exception {
    List<JsonObject> objects = rendered(overlay, ERASE_JOB, copy);

    V1CronJob cronJob =
        Manifests.only(named(objects, "CronJob", "taskward-erase"), V1CronJob.class);
    assertEquals(true, cronJob.getSpec().getSuspend());
    V1PodTemplateSpec job = template(objects, "CronJob", "taskward-erase");
    assertRunsLikeTheService(
        objects, job, Map.of("TASKWARD_ERASE", "", "TASKWARD_MIGRATE", "never"));
    assertReachesTheDatabase(overlay, objects, job);
  }

  /** The job has the settings and the rights of the service, and these variables. */
  private static void assertRunsLikeTheService(
      List<JsonObject> objects, V1PodTemplateSpec template, Map<String, String> variables) {
    V1PodSpec job = template.getSpec();
    V1Container process = job.getContainers().get(0);
    V1PodSpec service = template(objects, "Deployment", "taskward").getSpec();
    V1Container container = service.getContainers().get(0);
    assertEquals(1, job.getContainers().size());
    assertEquals(container.getImage(), process.getImage());
    assertEquals(container.getEnvFrom(), process.getEnvFrom());
    assertEquals(container.getVolumeMounts(), process.getVolumeMounts());
    assertEquals(container.getSecurityContext(), process.getSecurityContext());
    assertEquals(service.getVolumes(), job.getVolumes());
    assertEquals(service.getSecurityContext(), job.getSecurityContext());
    assertEquals(service.getServiceAccountName(), job.getServiceAccountName());
    Set<V1EnvVar> environment = new HashSet<>(orEmpty(container.getEnv()));
    variables.forEach((name, value) -> environment.add(new V1EnvVar().name(name).value(value)));
    assertEquals(environment, Set.copyOf(process.getEnv()));
  }

  /** The job may connect, and each database in the overlay accepts it. */
  private static void assertReachesTheDatabase(
      Path overlay, List<JsonObject> objects, V1PodTemplateSpec job) {
    List<V1NetworkPolicy> policies =
        objects.stream()
            .filter(object -> object.get("kind").getAsString().equals("NetworkPolicy"))
            .map(object -> Manifests.only(List.of(object), V1NetworkPolicy.class))
            .toList();
    assertEquals(
        Set.of(53, 5432),
        policies.stream()
            .map(V1NetworkPolicy::getSpec)
            .filter(policy -> selects(policy.getPodSelector(), job))
            .flatMap(policy -> orEmpty(policy.getEgress()).stream())
            .filter(rule -> orEmpty(rule.getTo()).isEmpty()) // any destination
            .flatMap(rule -> rule.getPorts().stream())
            .map(V1NetworkPolicyPort::getPort)
            .map(IntOrString::getIntValue)
            .collect(Collectors.toSet()));
    Set<String> databases = accepting(policies, template(objects, "Deployment", "taskward"));
    assertEquals(overlay.endsWith("production-neon") ? 0 : 1, databases.size());
    assertEquals(databases, accepting(policies, job));
  }

  /** The policies that accept connections from these pods. */
  private static Set<String> accepting(List<V1NetworkPolicy> policies, V1PodTemplateSpec pods) {
    return policies.stream()
        .filter(policy -> accepts(policy.getSpec(), pods))
        .map(policy -> policy.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  private static boolean accepts(V1NetworkPolicySpec policy, V1PodTemplateSpec pods) {
    return orEmpty(policy.getIngress()).stream()
        .flatMap(rule -> rule.getFrom().stream())
        .filter(from -> from.getNamespaceSelector() == null) // of the same namespace
        .anyMatch(from -> selects(from.getPodSelector(), pods));
  }

  private static boolean selects(V1LabelSelector selector, V1PodTemplateSpec pods) {
    Map<String, String> labels = pods.getMetadata().getLabels();
    assertTrue(
        orEmpty(selector.getMatchExpressions()).stream()
            .allMatch(expression -> expression.getOperator().equals("In")));
    return (selector.getMatchLabels() == null
            || labels.entrySet().containsAll(selector.getMatchLabels().entrySet()))
        && orEmpty(selector.getMatchExpressions()).stream()
            .allMatch(
                expression -> expression.getValues().contains(labels.get(expression.getKey())));
  }

  private static V1PodTemplateSpec template(List<JsonObject> objects, String kind, String name) {
    return templates(named(objects, kind, name)).findFirst().orElseThrow();
  }

  private static List<JsonObject> named(List<JsonObject> objects, String kind, String name) {
    return objects.stream()
        .filter(object -> object.get("kind").getAsString().equals(kind))
        .filter(object -> Manifests.name(object).equals(name))
        .toList();
  }

  /** Renders a copy of the overlay that includes the component. */
  private static List<JsonObject> rendered(Path overlay, Path component, Path copy)
      throws Exception {
    try (Stream<Path> files = Files.walk(Path.of("k8s"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file));
      }
    }
    Files.writeString(
        copy.resolve(overlay).resolve("kustomization.yaml"),
        "components: [" + overlay.relativize(component) + "]\n",
        StandardOpenOption.APPEND);
    return rendered(copy.resolve(overlay));
  }

  private static List<JsonObject> rendered(Path overlay) throws Exception {
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl"))),
        "kubectl is not on the PATH, run scripts/install-kubectl.sh");
    Process kubectl =
        new ProcessBuilder("kubectl", "kustomize", overlay.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<JsonObject> objects =
        Manifests.documents(new String(kubectl.getInputStream().readAllBytes()));
    assertEquals(0, kubectl.waitFor());
    assertEquals(
        List.of(), objects.stream().map(Manifests::fault).filter(f -> !f.isEmpty()).toList());
    return objects;
  }

  /** The secrets that exist once the overlay is applied. */
  private static Set<String> secrets(List<JsonObject> objects) {
    Set<String> secrets = new TreeSet<>();
    for (JsonObject object : objects) {
      switch (object.get("kind").getAsString()) {
        case "Secret", "ExternalSecret" -> secrets.add(Manifests.name(object));
        case "Cluster" ->
            secrets.addAll(
                List.of(Manifests.name(object) + "-app", Manifests.name(object) + "-ca"));
        default -> {}
      }
    }
    return secrets;
  }

  private static List<V1Container> containers(List<JsonObject> objects) {
    return pods(objects).flatMap(pod -> pod.getContainers().stream()).toList();
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }

  @Test
  void thePortsMatchTheApplication() throws Exception {
    assertEquals(
        Map.of(
            "http", port("quarkus.http.port", VertxHttpConfig.class),
            "management", port("quarkus.management.port", ManagementConfig.class)),
        container.getPorts().stream()
            .collect(
                Collectors.toMap(V1ContainerPort::getName, V1ContainerPort::getContainerPort)));
    assertTrue(CONFIG.getValue("quarkus.management.enabled", Boolean.class));
  }

  private static int port(String property, Class<?> mapping) throws NoSuchMethodException {
    return CONFIG
        .getOptionalValue(property, Integer.class)
        .orElse(
            Integer.valueOf(mapping.getMethod("port").getAnnotation(WithDefault.class).value()));
  }

  /** {@link KubernetesIT} calls the probes. */
  @Test
  void trafficReachesTheHttpPortAndProbesTheManagementPort() {
    var port = Manifests.only(base, V1Service.class).getSpec().getPorts();
    assertEquals(List.of("http"), port.stream().map(p -> p.getTargetPort().getStrValue()).toList());
    assertEquals("http", backend(Manifests.only(base, V1Ingress.class)).getPort().getName());
    assertEquals(
        Set.of("management"),
        Stream.of(
                container.getStartupProbe(),
                container.getLivenessProbe(),
                container.getReadinessProbe())
            .map(probe -> probe.getHttpGet().getPort().getStrValue())
            .collect(Collectors.toSet()));
  }

  @Test
  void everySelectorMatchesThePods() {
    Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();

    assertEquals(labels, deployment.getSpec().getSelector().getMatchLabels());
    assertEquals(labels, Manifests.only(base, V1Service.class).getSpec().getSelector());
    assertEquals(
        labels,
        Manifests.only(base, V1PodDisruptionBudget.class).getSpec().getSelector().getMatchLabels());
    assertEquals(
        deployment.getMetadata().getName(),
        Manifests.only(base, V2HorizontalPodAutoscaler.class)
            .getSpec()
            .getScaleTargetRef()
            .getName());
  }

  /** Pod Security Standards, "restricted", with a read-only root file system. */
  @ParameterizedTest
  @MethodSource("folders")
  void podsAreRestricted(Path folder) {
    for (V1PodSpec pod : pods(Manifests.objects(folder)).toList()) {
      assertTrue(pod.getSecurityContext().getRunAsNonRoot());
      assertTrue(pod.getSecurityContext().getRunAsUser() > 0);
      assertEquals("RuntimeDefault", pod.getSecurityContext().getSeccompProfile().getType());
      assertFalse(pod.getAutomountServiceAccountToken());
      for (V1Container container : pod.getContainers()) {
        assertFalse(container.getSecurityContext().getAllowPrivilegeEscalation());
        assertTrue(container.getSecurityContext().getReadOnlyRootFilesystem());
        assertEquals(List.of("ALL"), container.getSecurityContext().getCapabilities().getDrop());
        for (String resource : List.of("cpu", "memory")) {
          assertTrue(container.getResources().getRequests().containsKey(resource));
          assertTrue(container.getResources().getLimits().containsKey(resource));
        }
      }
    }
  }

  private static Stream<V1PodSpec> pods(List<JsonObject> objects) {
    return templates(objects).map(V1PodTemplateSpec::getSpec);
  }

  private static Stream<V1PodTemplateSpec> templates(List<JsonObject> objects) {
    return objects.stream()
        .flatMap(
            object ->
                switch (Manifests.kind(object)) {
                  case "apps/v1 Deployment" ->
                      Stream.of(Manifests.only(List.of(object), V1Deployment.class))
                          .map(deployment -> deployment.getSpec().getTemplate());
                  case "batch/v1 Job" ->
                      Stream.of(Manifests.only(List.of(object), V1Job.class))
                          .map(job -> job.getSpec().getTemplate());
                  case "batch/v1 CronJob" ->
                      Stream.of(Manifests.only(List.of(object), V1CronJob.class))
                          .map(job -> job.getSpec().getJobTemplate().getSpec().getTemplate());
                  default -> Stream.empty();
                });
  }

  @Test
  void everyVariableIsASettingOfTheApplication() {
    Set<String> variables = new TreeSet<>();
    for (Path folder : folders().toList()) {
      Stream.of("configMapGenerator", "secretGenerator")
          .flatMap(generator -> Manifests.literals(folder, generator))
          .forEach(literal -> variables.add(literal.substring(0, literal.indexOf('='))));
      Manifests.objects(folder).stream()
          .filter(object -> object.get("kind").getAsString().equals("ExternalSecret"))
          .flatMap(object -> Manifests.elements(object.getAsJsonObject("spec"), "data"))
          .forEach(entry -> variables.add(text(entry, "secretKey")));
      containers(Manifests.objects(folder)).stream()
          .filter(container -> container.getImage().equals("taskward"))
          .flatMap(container -> orEmpty(container.getEnv()).stream())
          .forEach(variable -> variables.add(variable.getName()));
    }
    JsonObject patch =
        Manifests.documents(Manifests.text(PRODUCTION.resolve("database-access.yaml"))).get(0);
    Manifests.elements(
            patch
                .getAsJsonObject("spec")
                .getAsJsonObject("template")
                .getAsJsonObject("spec")
                .getAsJsonArray("containers")
                .get(0)
                .getAsJsonObject(),
            "env")
        .forEach(entry -> variables.add(text(entry, "name")));
    assertTrue(variables.size() >= 7, variables.toString());

    variables.removeAll(known());
    assertEquals(Set.of(), variables);
  }

  private static String text(JsonElement object, String field) {
    return object.getAsJsonObject().get(field).getAsString();
  }

  static Set<String> known() {
    Set<String> known =
        Stream.of(TaskwardConfig.class, VertxHttpConfig.class)
            .flatMap(
                type ->
                    ConfigMappings.getProperties(ConfigClass.configClass(type)).keySet().stream())
            .map(KubernetesTest::variable)
            .collect(Collectors.toCollection(TreeSet::new));
    known.addAll(List.of(EnvironmentConfigSource.DATABASE_URL, EnvironmentConfigSource.SECRET));
    known.addAll(
        List.of(
            "QUARKUS_DATASOURCE_USERNAME", "QUARKUS_DATASOURCE_PASSWORD", THREADS, CONNECTIONS));
    return known;
  }

  private static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  @Test
  void theGracePeriodIsLongerThanTheShutdown() {
    assertTrue(CONFIG.getValue("quarkus.shutdown.delay-enabled", Boolean.class));
    long delay = duration("quarkus.shutdown.delay").toSeconds();
    long end = delay + duration("quarkus.shutdown.timeout").toSeconds();

    assertTrue(delay >= 5, "so that the ingress notices first");
    assertTrue(pod.getTerminationGracePeriodSeconds() > end, end + " s");
    assertNull(container.getLifecycle(), "a preStop hook would run before the delay");
  }

  private static Duration duration(String property) {
    return Duration.parse("PT" + CONFIG.getValue(property, String.class));
  }

  /** The proxy must close an idle persistent connection first, or a request can be lost. */
  @Test
  void theProxyClosesAnIdleConnectionFirst() {
    Matcher nginx =
        Pattern.compile("(?m)^ *keepalive_timeout ([0-9]+)s;")
            .matcher(Manifests.text(Path.of("docs/nginx.conf")));
    assertTrue(nginx.find());
    assertTrue(Long.parseLong(nginx.group(1)) < duration("quarkus.http.idle-timeout").toSeconds());

    String idle = literal(BASE, "QUARKUS_HTTP_IDLE_TIMEOUT").replaceFirst(".*=", "PT");
    assertTrue(Duration.parse(idle).toSeconds() > 60, "ingress-nginx's upstream-keepalive-timeout");
  }

  /** Otherwise a client would get an error of the proxy. Both count a megabyte as 1024 * 1024. */
  @Test
  void theProxyAcceptsTheLargestImport() {
    int largest = 8 * 1024 * 1024; // TaskApi.IMPORT_MAX_BYTES
    Matcher nginx =
        Pattern.compile("(?m)^ *client_max_body_size (\\w+);")
            .matcher(Manifests.text(Path.of("docs/nginx.conf")));
    assertTrue(nginx.find());
    String ingress =
        Manifests.only(base, V1Ingress.class)
            .getMetadata()
            .getAnnotations()
            .get("nginx.ingress.kubernetes.io/proxy-body-size");

    for (String size : List.of(nginx.group(1), ingress)) {
      assertTrue(size.matches("\\d+m"), size);
      assertTrue(Integer.parseInt(size.replace("m", "")) * 1024 * 1024 > largest, size);
    }
  }

  /** Includes the DNS cache of the node at its link-local address (NodeLocal DNSCache). */
  @ParameterizedTest
  @MethodSource("folders")
  void podsMayUseDns(Path folder) {
    Manifests.objects(folder).stream()
        .filter(object -> object.get("kind").getAsString().equals("NetworkPolicy"))
        .map(object -> Manifests.only(List.of(object), V1NetworkPolicy.class).getSpec())
        .flatMap(policy -> orEmpty(policy.getEgress()).stream())
        .filter(rule -> rule.getPorts().stream().anyMatch(p -> p.getPort().getIntValue() == 53))
        .filter(rule -> !orEmpty(rule.getTo()).isEmpty()) // without it, any destination
        .forEach(
            rule ->
                assertTrue(
                    rule.getTo().stream()
                        .anyMatch(
                            to ->
                                to.getIpBlock() != null
                                    && to.getIpBlock().getCidr().equals("169.254.20.10/32"))));
  }

  @Test
  void threadsLeaveConnectionsForJobsAndHealthChecks() {
    assertTrue(number(CONNECTIONS) - number(THREADS) >= 4, "in a pod");
    assertTrue(
        CONFIG.getValue("quarkus.datasource.jdbc.max-size", Integer.class)
                - CONFIG.getValue("quarkus.thread-pool.max-threads", Integer.class)
            >= 4,
        "by default");
  }

  private static int number(String variable) {
    return Integer.parseInt(literal(BASE, variable).substring(variable.length() + 1));
  }

  private static String literal(Path folder, String variable) {
    return Manifests.literals(folder, "configMapGenerator")
        .filter(literal -> literal.startsWith(variable + "="))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void allReplicasTogetherFitTheConnectionLimits() {
    int pods = Manifests.only(base, V2HorizontalPodAutoscaler.class).getSpec().getMaxReplicas() + 1;
    int pool = number(CONNECTIONS);
    JsonObject pooler = Manifests.custom(PRODUCTION, "Pooler").getAsJsonObject("spec");
    JsonObject pgbouncer = pooler.getAsJsonObject("pgbouncer").getAsJsonObject("parameters");
    JsonObject postgres =
        Manifests.custom(PRODUCTION, "Cluster")
            .getAsJsonObject("spec")
            .getAsJsonObject("postgresql")
            .getAsJsonObject("parameters");

    // One instance of the pooler must be able to take all, while the others are down.
    assertTrue(pods * pool <= pgbouncer.get("max_client_conn").getAsInt());
    // Ten are reserved for PostgreSQL, the operator and administrators.
    assertTrue(
        pooler.get("instances").getAsInt() * pgbouncer.get("default_pool_size").getAsInt() + 10
            <= postgres.get("max_connections").getAsInt());
    assertEquals("transaction", text(pooler.get("pgbouncer"), "poolMode"));
    assertEquals(
        3,
        Manifests.custom(PRODUCTION, "Cluster")
            .getAsJsonObject("spec")
            .get("instances")
            .getAsInt());
  }

  /** The certificate contains the pooler's name, and the files are where they are mounted. */
  @Test
  void theDatabaseUrlMatchesTheCluster() {
    String url = literal(PRODUCTION, "DATABASE_URL");
    JsonObject cluster = Manifests.custom(PRODUCTION, "Cluster");
    JsonObject pooler = Manifests.custom(PRODUCTION, "Pooler");
    JsonObject spec = cluster.getAsJsonObject("spec");
    JsonObject initdb = spec.getAsJsonObject("bootstrap").getAsJsonObject("initdb");

    assertEquals(
        "DATABASE_URL=postgresql://%s:5432/%s?sslmode=verify-full&sslrootcert=/etc/taskward-db/ca.crt"
            .formatted(Manifests.name(pooler), text(initdb, "database")),
        url);
    assertEquals(
        Manifests.name(cluster), text(pooler.getAsJsonObject("spec").get("cluster"), "name"));
    assertTrue(
        Manifests.strings(spec.getAsJsonObject("certificates"), "serverAltDNSNames")
            .anyMatch(Manifests.name(pooler)::equals));
    String access = Manifests.text(PRODUCTION.resolve("database-access.yaml"));
    for (String name :
        List.of(
            "name: " + Manifests.name(cluster) + "-app",
            "secretName: " + Manifests.name(cluster) + "-ca",
            "mountPath: /etc/taskward-db")) {
      assertTrue(access.contains(name + "\n"), name);
    }
  }

  private static V1IngressServiceBackend backend(V1Ingress ingress) {
    V1IngressRule rule = ingress.getSpec().getRules().get(0);
    return rule.getHttp().getPaths().get(0).getBackend().getService();
  }
}
