package dev.taskward;

import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An OpenTelemetry collector that stores the traces it receives by OTLP over HTTP or gRPC. */
public final class Collector implements AutoCloseable {

  /** Before each gRPC message: one byte for the compression, four for the length. */
  private static final int GRPC_PREFIX = 5;

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final List<ExportTraceServiceRequest> exports = new CopyOnWriteArrayList<>();
  private volatile MultiMap headers = MultiMap.caseInsensitiveMultiMap();

  public Collector() throws Exception {
    server =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.body().onSuccess(body -> keep(request, body)))
            .listen(0, "localhost")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  public String endpoint() {
    return "http://localhost:" + server.actualPort();
  }

  /** A request header of the last export. */
  public String header(String name) {
    return headers.get(name);
  }

  private void keep(HttpServerRequest request, Buffer body) {
    headers = request.headers();
    try {
      if (request.path().equals("/v1/traces")) {
        exports.add(ExportTraceServiceRequest.parseFrom(body.getBytes()));
        request.response().end();
      } else {
        exports.add(ExportTraceServiceRequest.parseFrom(body.getBytes(GRPC_PREFIX, body.length())));
        request
            .response()
            .putHeader("content-type", "application/grpc")
            .putTrailer("grpc-status", "0")
            .end(Buffer.buffer(new byte[GRPC_PREFIX]));
      }
    } catch (InvalidProtocolBufferException e) {
      request.response().setStatusCode(400).end();
    }
  }

  public List<Span> spans() {
    return exports.stream()
        .flatMap(export -> export.getResourceSpansList().stream())
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  /** Waits for a matching span, for at most 10 s. */
  public Span span(Predicate<Span> wanted) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      for (Span span : spans()) {
        if (wanted.test(span)) {
          return span;
        }
      }
      Thread.sleep(100);
    }
    return fail(spans().toString());
  }

  /** All received exports as text. */
  public String text() {
    StringBuilder text = new StringBuilder();
    exports.forEach(e -> text.append(new String(e.toByteArray(), StandardCharsets.UTF_8)));
    return text.toString();
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
