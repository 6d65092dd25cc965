package dev.taskward.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkiverse.mcp.server.ToolManager.ToolAnnotations;
import io.vertx.ext.web.RoutingContext;

/**
 * A tool for agents (Model Context Protocol, Server Features, Tools).
 *
 * @param description for the model that decides on calls
 * @param inputSchema JSON Schema of the arguments
 * @param hints for the client that asks the user
 * @param scope that a token needs to call it, if scopes are required
 */
public record McpTool(
    String name,
    String description,
    String inputSchema,
    ToolAnnotations hints,
    String scope,
    Action action) {

  /** What a call does, on a worker thread, as the user of the request. */
  public interface Action {

    /**
     * @param arguments without nulls and empty texts
     * @return a value that Jackson writes as a JSON object
     * @throws dev.taskward.problem.ProblemException if the call is not possible
     */
    Object call(ObjectNode arguments, RoutingContext request) throws Exception;
  }
}
