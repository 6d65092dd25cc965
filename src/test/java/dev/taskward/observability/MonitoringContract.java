package dev.taskward.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.taskward.ApiDocument;
import dev.taskward.Manifests;
import dev.taskward.RawHttp;
import dev.taskward.TestDatabase;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The metrics of the service, and the queries in k8s/monitoring that use them. */
@QuarkusTest
public class MonitoringContract {

  private static final Path MONITORING = Path.of("k8s/monitoring");

  /** Metrics of Prometheus itself and of kube-state-metrics. */
  private static final Set<String> OTHERS =
      Set.of("up", "kube_deployment_status_replicas_ready", "kube_deployment_spec_replicas");

  /** Labels that Prometheus adds. */
  private static final Set<String> ADDED = Set.of("job", "namespace", "deployment", "pod");

  private static final Pattern SELECTOR = Pattern.compile("([a-z_]+)\\{([^}]*)}");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)(?:=|!=|=~|!~)\"");
  private static final Pattern GROUPED = Pattern.compile("(?:by|ignoring) \\(([^)]*)\\)");
  private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z_]+)(?:\\{(.*)})? \\S+$");

  final User alice = User.fresh();

  @Test
  void everyQueryUsesExistingMetricsAndLabels() throws InterruptedException {
    alice.has("Buy milk");
    User.withoutToken().get(User.TASKS);
    Set<String> maybeAbsent = maybeAbsent();
    Map<String, Set<String>> exposed = exposed(metrics());
    List<String> queries = queries();
    assertTrue(queries.size() > 15, queries.toString());

    for (String query : queries) {
      List<MatchResult> selectors = SELECTOR.matcher(query).results().toList();
      assertFalse(selectors.isEmpty(), query);
      Set<String> labels = new TreeSet<>(ADDED);
      for (MatchResult selector : selectors) {
        String metric = selector.group(1);
        if (!OTHERS.contains(metric) && !maybeAbsent.contains(metric)) {
          assertTrue(exposed.containsKey(metric), metric + " of " + query);
          labels.addAll(exposed.get(metric));
        }
        assertTrue(labels.containsAll(names(LABEL, selector.group(2))), query);
      }
      for (String group : names(GROUPED, query)) {
        assertTrue(labels.containsAll(List.of(group.split(", *"))), query);
      }
    }
  }

  /**
   * Metrics that may be absent. A JVM has the metrics of garbage collection only after the first
   * one. So this method triggers one.
   */
  Set<String> maybeAbsent() throws InterruptedException {
    for (int i = 0; i < 50 && !metrics().contains("jvm_gc_pause_seconds_sum"); i++) {
      System.gc();
      Thread.sleep(100);
    }
    return Set.of();
  }

  /** Any path and any method. Otherwise a client could fill the memory with series. */
  @Test
  void noRequestCreatesItsOwnSeries() throws Exception {
    long id = alice.has("Buy milk");
    send("PATCH", User.TASKS + "/" + id + "/complete", true);
    send("GET", User.TASKS + "/" + id, false);
    send("BREW", "/coffee/1", false);
    send("GET", "/coffee", true);
    String before = metrics();

    for (int i = 2; i < 20; i++) {
      send("GET", User.TASKS + "/" + (id + i), false);
      send("BREW" + i, "/coffee/" + i, false);
      send("GET", "/coffee/" + i, true);
      send("GET", User.TASKS + "/" + id + "/" + i, true);
    }

    String after = metrics();
    assertEquals(series(before), series(after));
    assertTrue(after.contains("uri=\"/api/v1/tasks/{id}/complete\""), after);
    assertTrue(after.contains("method=\"other\""), after);
    assertFalse(after.contains("coffee") || after.contains(alice.name()), after);
  }

  @Test
  void requestsAndRefusalsAreCounted() {
    alice.has("Buy milk");
    User.withoutToken().get(User.TASKS);
    String before = metrics();

    alice.has("Buy more milk");
    User.withoutToken().get(User.TASKS);

    String after = metrics();
    assertEquals(
        1,
        increase(
            before,
            after,
            "http_server_requests_seconds_count",
            "method=\"POST\"",
            "status=\"201\"",
            "uri=\"/api/v1/tasks\""));
    assertEquals(
        1,
        increase(
            before,
            after,
            "taskward_refusals_total",
            "event=\"token_refused\"",
            "reason=\"no bearer token\""));
  }

  /** A new operation must not be counted as "other". */
  @Test
  void eachOperationIsCountedUnderItsPath() {
    List<ApiDocument.Operation> operations = ApiDocument.operations();
    for (ApiDocument.Operation operation : operations) {
      operation.send(alice.roughRequest(), alice.has("Buy milk"));
    }

    String metrics = metrics();
    for (ApiDocument.Operation operation : operations) {
      String method = "method=\"" + operation.method() + '"';
      String path = "uri=\"" + operation.path() + '"';
      assertTrue(
          value(metrics, "http_server_requests_seconds_count", method, path) > 0,
          operation.toString());
    }
  }

  @Test
  void metricsAreNotServedOnTheApiPort() {
    User.withoutToken().get("/q/metrics").then().statusCode(404);
  }

  private static void send(String method, String path, boolean authorized) throws Exception {
    RawHttp.exchange(
        URI.create("http://localhost:" + RestAssured.port),
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + (authorized ? "Authorization: Bearer " + Tokens.token("rough") + "\r\n" : "")
            + "\r\n");
  }

  private static String metrics() {
    return RestAssured.given()
        .accept("text/plain")
        .get(TestDatabase.management("/q/metrics"))
        .then()
        .statusCode(200)
        .extract()
        .asString();
  }

  private static Set<String> series(String metrics) {
    return metrics
        .lines()
        .filter(line -> line.startsWith("http_server") || line.startsWith("taskward"))
        .map(line -> line.substring(0, line.lastIndexOf(' ')))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static double increase(String before, String after, String name, String... labels) {
    return value(after, name, labels) - value(before, name, labels);
  }

  private static double value(String metrics, String name, String... labels) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name) && Stream.of(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .findFirst()
        .orElseThrow(() -> new AssertionError(metrics));
  }

  private static Map<String, Set<String>> exposed(String metrics) {
    Map<String, Set<String>> exposed = new HashMap<>();
    SAMPLE
        .matcher(metrics)
        .results()
        .forEach(
            sample ->
                exposed
                    .computeIfAbsent(sample.group(1), name -> new TreeSet<>())
                    .addAll(sample.group(2) == null ? Set.of() : names(LABEL, sample.group(2))));
    return exposed;
  }

  private static List<String> names(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).toList();
  }

  private static List<String> queries() {
    JsonObject dashboard =
        JsonParser.parseString(Manifests.text(MONITORING.resolve("dashboard.json")))
            .getAsJsonObject();
    return Stream.concat(
            rules().map(rule -> rule.get("expr").getAsString()),
            Manifests.elements(dashboard, "panels")
                .flatMap(panel -> Manifests.elements(panel.getAsJsonObject(), "targets"))
                .map(target -> target.getAsJsonObject().get("expr").getAsString()))
        .toList();
  }

  /** The alert rules. */
  public static Stream<JsonObject> rules() {
    return Manifests.documents(Manifests.text(MONITORING.resolve("alerts.yaml"))).stream()
        .flatMap(object -> Manifests.elements(object.getAsJsonObject("spec"), "groups"))
        .flatMap(group -> Manifests.elements(group.getAsJsonObject(), "rules"))
        .map(rule -> rule.getAsJsonObject());
  }
}
