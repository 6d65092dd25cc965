package dev.taskward.observability;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.taskward.Collector;
import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The traces that the packaged application exports to a collector. */
@Tag("system")
class TracesIT {

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT_SPAN = "b7ad6b7169203331";
  private static final String TASK = "/api/v1/tasks/{id}";

  /** The header that Prometheus 2.42 sends. */
  private static final String PROMETHEUS_ACCEPTS =
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

  private static EmbeddedPostgres postgres;

  final User alice = User.fresh();

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  private static PackagedApplication.Running service(Map<String, String> settings)
      throws IOException {
    Map<String, String> environment = new HashMap<>(settings);
    environment.put(
        "DATABASE_URL", "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres");
    environment.put("BETTER_AUTH_SECRET", Tokens.SECRET);
    environment.put("QUARKUS_OTEL_BSP_SCHEDULE_DELAY", "100MS");
    return new PackagedApplication.Running(environment);
  }

  @Test
  void aTraceContinuesFromTheClientToTheDatabase() throws Exception {
    try (Collector collector = new Collector();
        var service = service(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()))) {
      createAndTrace(service);

      Span server = collector.span(span -> isServer(span) && hex(span.getTraceId()).equals(TRACE));
      assertEquals("GET " + TASK, server.getName());
      assertEquals(PARENT_SPAN, hex(server.getParentSpanId()));
      assertEquals(TASK, attributes(server).get("http.route"));
      assertEquals("200", attributes(server).get("http.response.status_code"));
      assertEquals(StatusCode.STATUS_CODE_UNSET, server.getStatus().getCode());
      Span statement =
          collector.span(
              span ->
                  span.getParentSpanId().equals(server.getSpanId())
                      && span.getKind() == SpanKind.SPAN_KIND_CLIENT);
      assertTrue(attributes(statement).toString().contains("from task"), statement.toString());
      assertEquals(TRACE, hex(statement.getTraceId()));
    }
  }

  @Test
  void theTraceOfAToolContinuesToTheDatabase() throws Exception {
    try (Collector collector = new Collector();
        var service =
            service(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "TASKWARD_MCP", "true"))) {
      alice
          .authorized()
          .contentType("application/json")
          .body(
              "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\":"
                  + " \"find_tasks\"}}")
          .post(service.url("/mcp"))
          .then()
          .statusCode(200);

      Span server = collector.span(TracesIT::isServer);
      assertEquals("200", attributes(server).get("http.response.status_code"));
      collector.span(
          span ->
              span.getParentSpanId().equals(server.getSpanId())
                  && attributes(span).toString().contains("from task"));
    }
  }

  @Test
  void exportOverGrpcWorks() throws Exception {
    try (Collector collector = new Collector();
        var service =
            service(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.endpoint(),
                    "OTEL_EXPORTER_OTLP_PROTOCOL",
                    "grpc"))) {
      service.create(alice.authorized());

      assertEquals("POST /api/v1/tasks", collector.span(TracesIT::isServer).getName());
    }
  }

  /**
   * As the OpenTelemetry specification says: the endpoint is used unchanged, values are
   * percent-encoded.
   */
  @Test
  void theTracesOnlyVariablesAreEnough() throws Exception {
    try (Collector collector = new Collector();
        var service =
            service(
                Map.of(
                    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                    collector.endpoint() + "/v1/traces",
                    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
                    "authorization=Basic%20YTpi%3D%3D,x-list=a%2Cb$$",
                    "OTEL_TRACES_EXPORTER",
                    "otlp",
                    "OTEL_RESOURCE_ATTRIBUTES",
                    "team=a%20%2C%20b"))) {
      service.create(alice.authorized());

      collector.span(TracesIT::isServer);
      assertEquals("Basic YTpi==", collector.header("Authorization"));
      assertEquals("a,b$$", collector.header("X-List"));
      assertTrue(collector.text().contains("a , b"), collector.text());
    }
  }

  @Test
  void disabledTracesAreNotExported() throws Exception {
    for (Map<String, String> off :
        List.of(
            Map.of("OTEL_TRACES_EXPORTER", "none"),
            Map.of("OTEL_SDK_DISABLED", "true"),
            Map.of("OTEL_TRACES_SAMPLER", "always_off"))) {
      try (Collector collector = new Collector()) {
        Map<String, String> settings = new HashMap<>(off);
        settings.put("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        PackagedApplication.Running service = service(settings);
        service.create(alice.authorized());
        service.stop(); // exports the remaining spans
        assertEquals(List.of(), collector.spans(), off.toString());
      }
    }
  }

  @Test
  void tracesContainNoTaskTextNoUserNameAndNoToken() throws Exception {
    try (Collector collector = new Collector();
        var service = service(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()))) {
      String tasks = service.url(User.TASKS);
      alice
          .authorized()
          .contentType("application/json")
          .header("Idempotency-Key", "hush-key")
          .body("{\"title\":\"hush-title\",\"description\":\"hush-description\"}")
          .post(tasks)
          .then()
          .statusCode(201);
      alice.authorized().get(tasks + "?q=hush-title").then().body("size()", equalTo(1));
      alice.authorized().get(tasks + "?hush=hush").then().statusCode(400);
      alice
          .authorized()
          .contentType("application/json")
          .body("{\"title\":hush-broken}")
          .post(tasks)
          .then()
          .statusCode(400);
      given().header("Authorization", "Bearer hush-token").get(tasks).then().statusCode(401);
      // PostgreSQL quotes the row in its error message.
      sql("alter table task add constraint hush check (title <> 'hush-row')");
      alice
          .authorized()
          .contentType("application/json")
          .body("{\"title\":\"hush-row\"}")
          .post(tasks)
          .then()
          .statusCode(500);
      sql("alter table task drop constraint hush");

      collector.span(
          span ->
              span.getKind() == SpanKind.SPAN_KIND_CLIENT
                  && span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR);
      collector.span(span -> "401".equals(attributes(span).get("http.response.status_code")));
      assertEquals(
          Set.of("REDACTED"),
          collector.spans().stream()
              .map(span -> attributes(span).get("url.query"))
              .filter(query -> query != null)
              .collect(Collectors.toSet()));
      for (String secret : List.of("hush", alice.name(), Tokens.token(alice.name()))) {
        assertFalse(collector.text().contains(secret), secret);
      }
    }
  }

  /** The trace id of a problem finds the trace. */
  @Test
  void aProblemAndAHistogramBucketHaveTheTraceId() throws Exception {
    try (Collector collector = new Collector();
        var service = service(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()))) {
      String traceId =
          alice
              .authorized()
              .get(service.url(User.TASKS + "/4711"))
              .then()
              .statusCode(404)
              .extract()
              .path("trace_id");

      Span span = collector.span(TracesIT::isServer);
      assertEquals(traceId, hex(span.getTraceId()));
      String metrics =
          given()
              .accept(PROMETHEUS_ACCEPTS)
              .get(service.managementUrl("/q/metrics"))
              .then()
              .statusCode(200)
              .extract()
              .asString();
      assertTrue(
          metrics
              .lines()
              .anyMatch(
                  line ->
                      line.startsWith("http_server_requests_seconds_bucket{")
                          && line.contains("status=\"404\"")
                          && line.contains(
                              "span_id=\"" + hex(span.getSpanId()) + "\",trace_id=\"" + traceId)),
          metrics);
      assertFalse(
          metrics.lines().anyMatch(line -> line.contains(" # {") && !line.contains("_bucket{")),
          "Prometheus before 2.43 accepts exemplars only on buckets");
    }
  }

  @Test
  void aSamplingRatioOfZeroRecordsOnlySampledParents() throws Exception {
    try (Collector collector = new Collector();
        var service =
            service(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.endpoint(),
                    "OTEL_TRACES_SAMPLER_ARG",
                    "0"))) {
      createAndTrace(service);

      collector.span(TracesIT::isServer);
      assertEquals(
          Set.of(TRACE),
          collector.spans().stream()
              .map(span -> hex(span.getTraceId()))
              .collect(Collectors.toSet()));
    }
  }

  @Test
  void anUnavailableCollectorDoesNotDelayRequests() throws Exception {
    PackagedApplication.Running service =
        service(
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://localhost:" + PackagedApplication.freePort()));
    long start = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      service.create(alice.authorized());
    }
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    Thread.sleep(500); // time for one export attempt
    assertTrue(seconds < 10, seconds + " s");

    assertTrue(
        service.stop().stream().anyMatch(line -> line.contains("Failed to export")),
        "the log has the failed export");
  }

  /** Sends one request without a trace and one with a traceparent header. */
  private void createAndTrace(PackagedApplication.Running service) {
    int id = service.create(alice.authorized());
    alice
        .authorized()
        .header("traceparent", "00-" + TRACE + "-" + PARENT_SPAN + "-01")
        .get(service.url(User.TASKS + "/" + id))
        .then()
        .statusCode(200);
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }

  private static boolean isServer(Span span) {
    return span.getKind() == SpanKind.SPAN_KIND_SERVER;
  }

  private static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private static Map<String, String> attributes(Span span) {
    return span.getAttributesList().stream()
        .collect(
            Collectors.toMap(
                a -> a.getKey(),
                a ->
                    a.getValue().hasIntValue()
                        ? Long.toString(a.getValue().getIntValue())
                        : a.getValue().getStringValue()));
  }
}
