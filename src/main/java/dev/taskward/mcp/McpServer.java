package dev.taskward.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.TraceId;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.Problem;
import io.micrometer.core.instrument.Metrics;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.quarkiverse.mcp.server.TextContent;
import io.quarkiverse.mcp.server.ToolManager;
import io.quarkiverse.mcp.server.ToolResponse;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Registers the tools of all resources, if enabled, and runs their calls. A call that is not
 * possible returns a text that says what to do, for the model.
 */
@ApplicationScoped
class McpServer {

  private static final String TRACE = McpServer.class.getName();

  private final TaskwardConfig config;
  private final Instance<McpTools> contributions;
  private final ErrorResponses errors;
  private final CurrentVertxRequest requests;
  private final ObjectMapper json;

  /** By name. Written at startup. */
  private final Map<String, McpTool> tools = new HashMap<>();

  McpServer(
      TaskwardConfig config,
      Instance<McpTools> contributions,
      ErrorResponses errors,
      CurrentVertxRequest requests,
      ObjectMapper json) {
    this.config = config;
    this.contributions = contributions;
    this.errors = errors;
    this.requests = requests;
    this.json = json;
  }

  void register(@Observes StartupEvent start, Instance<ToolManager> manager) {
    if (config.mcp()) {
      contributions.stream()
          .flatMap(contribution -> contribution.tools().stream())
          .forEach(tool -> register(tool, manager.get()));
    }
  }

  private void register(McpTool tool, ToolManager manager) {
    tools.put(tool.name(), tool);
    manager
        .newTool(tool.name())
        .setDescription(tool.description())
        .setInputSchema(new JsonObject(tool.inputSchema()))
        .setAnnotations(tool.hints())
        .setHandler(call -> run(tool, call.args()), false)
        .register();
  }

  /** Keeps the trace of a request for its call, for which the library creates another context. */
  static void keepTrace(RoutingContext request) {
    request.put(TRACE, Context.current());
  }

  Optional<McpTool> tool(String name) {
    return Optional.ofNullable(tools.get(name));
  }

  private ToolResponse run(McpTool tool, Map<String, Object> arguments) {
    RoutingContext request = requests.getCurrent();
    Context trace = request.get(TRACE);
    try (Scope scope = trace.makeCurrent()) {
      TraceId.log(request);
      return run(tool, json.<ObjectNode>valueToTree(arguments), request);
    }
  }

  private ToolResponse run(McpTool tool, ObjectNode arguments, RoutingContext request) {
    try {
      ToolResponse response = success(tool.action().call(arguments, request));
      count(tool, 200);
      return response;
    } catch (Exception e) {
      Problem problem = errors.problem(e, request);
      count(tool, problem.status());
      return ToolResponse.error(text(problem, request));
    }
  }

  private static void count(McpTool tool, int status) {
    Metrics.counter("taskward.tool.calls", "tool", tool.name(), "status", Integer.toString(status))
        .increment();
  }

  /** The result as structured content, and as text for clients that show only text. */
  private ToolResponse success(Object result) throws JsonProcessingException {
    JsonNode content = json.valueToTree(result);
    return new ToolResponse(
        false, List.of(new TextContent(json.writeValueAsString(content))), content, null);
  }

  /** Names no header: a model does not see them. */
  private static String text(Problem problem, RoutingContext request) {
    if (problem.status() == 429) {
      return "Too many requests. Each element of a call counts as one. Wait %s seconds before the next call."
          .formatted(request.response().headers().get(HttpHeaders.RETRY_AFTER));
    }
    if (problem.status() == 503) {
      return "The service is temporarily unavailable. Call the tool again in a few seconds, with the"
          + " same arguments.";
    }
    String errors =
        problem.errors().stream()
            .map(error -> " " + error.field() + " " + error.message() + ".")
            .collect(Collectors.joining());
    return problem.detail() + errors + advice(problem);
  }

  private static String advice(Problem problem) {
    return switch (problem.status()) {
      case 400 -> " Correct the arguments and call the tool again.";
      case 409 -> problem.failures().isEmpty() ? " Call the tool again in a second." : "";
      case 422 -> " Use another key for another call.";
      case 500 -> " trace_id: " + problem.traceId();
      default -> "";
    };
  }
}
