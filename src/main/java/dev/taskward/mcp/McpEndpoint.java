package dev.taskward.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.taskward.auth.ScopePolicy;
import dev.taskward.common.ApiResource;
import dev.taskward.common.QueryString;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.json.JsonBodyReader;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.InputErrors;
import dev.taskward.problem.ProblemException;
import dev.taskward.proxy.PublicUrl;
import io.quarkiverse.mcp.server.http.runtime.StreamableHttpMcpMessageHandler;
import io.quarkiverse.mcp.server.runtime.ConnectionManager;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Serves the tools to agents at {@code /mcp} (Model Context Protocol, Streamable HTTP), if enabled.
 * The library gets only well-formed requests, because it trusts its clients. No request needs a
 * session: any instance answers it, and nothing stays in memory.
 *
 * <p>The library's own route would create all of its beans at each startup, also while the tools
 * are off. It has no public way to handle a request, or to end a session. Vert.x has none to set a
 * body.
 */
@ApplicationScoped
class McpEndpoint implements RequestFilters {

  private static final Pattern PATH = Pattern.compile("/mcp/?");

  /** Where the library looks for the name of the server. */
  private static final String SERVER = "mcp.http.server-name";

  private static final String SESSION = "Mcp-Session-Id";
  private static final String VERSION = "Mcp-Protocol-Version";

  /** The MCP server requires that a client accepts both. It answers with the first. */
  private static final String ACCEPT = "application/json, text/event-stream";

  private static final Set<String> VERSIONS =
      Set.of("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25");

  private static final String THIS_MACHINE = "https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?";

  private final boolean enabled;
  private final Set<String> origins;
  private final ObjectMapper json;
  private final McpServer server;
  private final ScopePolicy scopes;
  private final Instance<StreamableHttpMcpMessageHandler> handler;
  private final Instance<ConnectionManager> sessions;

  McpEndpoint(
      TaskwardConfig config,
      ObjectMapper json,
      McpServer server,
      ScopePolicy scopes,
      Instance<StreamableHttpMcpMessageHandler> handler,
      Instance<ConnectionManager> sessions) {
    this.enabled = config.mcp();
    this.json = json;
    this.server = server;
    this.scopes = scopes;
    this.handler = handler;
    this.sessions = sessions;
    this.origins =
        Stream.concat(
                config.cors().origins().orElse(Set.of()).stream().map(String::strip),
                PublicUrl.origin(config).stream())
            .collect(Collectors.toSet());
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return enabled
        ? Map.of(Stage.MCP_ORIGIN, onlyHere(this::checkOrigin), Stage.MCP, onlyHere(this::serve))
        : Map.of();
  }

  private static Handler<RoutingContext> onlyHere(Handler<RoutingContext> filter) {
    return request -> {
      if (PATH.matcher(request.normalizedPath()).matches()) {
        filter.handle(request);
      } else {
        request.next();
      }
    };
  }

  /** Refuses pages that reach the service under another name (DNS rebinding). */
  private void checkOrigin(RoutingContext request) {
    String origin = request.request().getHeader(HttpHeaders.ORIGIN);
    if (origin == null || isAllowed(origin)) {
      request.next();
    } else {
      request.fail(ProblemException.forbidden("Pages of this origin may not call the service."));
    }
  }

  private boolean isAllowed(String origin) {
    return origins.contains(origin)
        || LaunchMode.current() == LaunchMode.DEVELOPMENT && origin.matches(THIS_MACHINE);
  }

  private void serve(RoutingContext request) {
    if (request.request().method() != HttpMethod.POST) {
      request.response().putHeader(HttpHeaders.ALLOW, "POST");
      request.fail(405);
    } else if (!isJson(request.request().getHeader(HttpHeaders.CONTENT_TYPE))) {
      request.fail(415);
    } else {
      checkHead(request);
      answer(JsonRpc.of(body(request)), request);
    }
  }

  private static boolean isJson(String type) {
    return type != null
        && (type.equals(ApiResource.JSON) || type.startsWith(ApiResource.JSON + ";"));
  }

  private static void checkHead(RoutingContext request) {
    MultiMap headers = request.request().headers();
    QueryString.parameters(request)
        .keySet()
        .forEach(
            name -> {
              throw ProblemException.invalid(name, "is not a parameter of this request");
            });
    String version = headers.get(VERSION);
    if (version != null && !VERSIONS.contains(version)) {
      throw ProblemException.invalid(
          VERSION, "must be one of " + String.join(", ", VERSIONS.stream().sorted().toList()));
    }
    headers.set(HttpHeaders.ACCEPT, ACCEPT);
    headers.remove(SESSION);
  }

  private JsonNode body(RoutingContext request) {
    byte[] body = JsonBodyReader.utf8(request);
    try {
      return json.readTree(body);
    } catch (MismatchedInputException e) { // more than one value
      throw ProblemException.invalid(List.of(InputErrors.of(e)));
    } catch (JsonProcessingException e) {
      throw ProblemException.invalid(List.of(InputErrors.malformed(e)));
    } catch (IOException e) {
      throw new IllegalStateException(e); // nothing is read from outside
    }
  }

  private void answer(JsonRpc message, RoutingContext request) {
    if (message.id() == null) {
      request.response().setStatusCode(202).end();
    } else if (!message.isKnown()) {
      respond(message.id(), JsonRpc.METHOD_NOT_FOUND, "There is no such method.", request);
    } else if (message.error() != null) {
      respond(message.id(), JsonRpc.INVALID_PARAMS, message.error(), request);
    } else if (message.method().equals(JsonRpc.CALL)) {
      String name = message.params().get("name").textValue();
      server
          .tool(name)
          .ifPresentOrElse(
              tool -> {
                scopes.require(List.of(tool.scope()), request);
                pass(message, request);
              },
              () ->
                  respond(message.id(), JsonRpc.INVALID_PARAMS, "There is no such tool.", request));
    } else {
      pass(message, request);
    }
  }

  /** The library reads what was checked, whatever another parser makes of the body. */
  private void pass(JsonRpc message, RoutingContext request) {
    ((RoutingContextInternal) request).setBody(Buffer.buffer(bytes(message.checked())));
    McpServer.keepTrace(request);
    request.put(SERVER, io.quarkiverse.mcp.server.McpServer.DEFAULT);
    request.addHeadersEndHandler(written -> endSession(request));
    handler.get().handle(request);
  }

  /** Without it, each session would stay in memory until it times out. */
  private void endSession(RoutingContext request) {
    MultiMap headers = request.response().headers();
    String session = headers.get(SESSION);
    if (session != null) {
      headers.remove(SESSION);
      sessions.get().remove(session);
    }
  }

  private void respond(JsonNode id, int code, String message, RoutingContext request) {
    ObjectNode answer = json.createObjectNode().put("jsonrpc", "2.0");
    answer.set("id", id);
    answer.putObject("error").put("code", code).put("message", message);
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, ApiResource.JSON)
        .end(Buffer.buffer(bytes(answer)));
  }

  /** Escapes other characters than ASCII: UTF-8 would replace unpaired surrogates. */
  private byte[] bytes(JsonNode message) {
    try {
      return json.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII).writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree
    }
  }
}
