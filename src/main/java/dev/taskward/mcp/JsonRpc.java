package dev.taskward.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.taskward.problem.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * A message of JSON-RPC 2.0 from an agent: a request, or a notification or response without an
 * answer.
 *
 * @param id a text or an integer; null if the message needs no answer
 * @param method null for a response
 * @param params an object; empty if there are none
 */
record JsonRpc(JsonNode id, String method, JsonNode params) {

  /** The message has a known method, but not the parameters that it needs. */
  static final int INVALID_PARAMS = -32602;

  static final int METHOD_NOT_FOUND = -32601;

  static final String VERSION = "2.0";

  static final String CALL = "tools/call";

  private static final String ARGUMENTS = "arguments";

  /**
   * The parameters that the MCP server reads, by method. It does not check their types itself. A
   * name with {@code !} is required. A value has the same type as the one here.
   */
  private static final Map<String, JsonNode> METHODS =
      Map.of(
          "initialize",
          shape(
              "{\"protocolVersion!\": \"\","
                  + " \"clientInfo!\": {\"name!\": \"\", \"version!\": \"\"}}"),
          "ping",
          shape("{}"),
          "logging/setLevel",
          shape("{\"level!\": \"\"}"),
          "tools/list",
          shape("{\"cursor\": \"\"}"),
          CALL,
          shape("{\"name!\": \"\", \"arguments\": {}}"));

  /**
   * @throws ProblemException (400) if it is not one message
   */
  static JsonRpc of(JsonNode message) {
    if (message.isArray()) {
      throw ProblemException.invalidBody("must be one message, not a batch");
    }
    if (!message.isObject()) {
      throw ProblemException.invalidBody("must be a JSON object");
    }
    if (!VERSION.equals(message.path("jsonrpc").textValue())) {
      throw ProblemException.invalid("jsonrpc", "must be 2.0");
    }
    JsonNode method = message.path("method");
    boolean isResponse = message.has("result") || message.has("error");
    if (isResponse ? message.has("method") : !method.isTextual()) {
      throw ProblemException.invalid("method", "must be a string, and only of a request");
    }
    JsonNode id = message.get("id");
    if (id != null && !id.isTextual() && !id.isIntegralNumber()) {
      throw ProblemException.invalid("id", "must be a string or an integer");
    }
    JsonNode params = message.path("params");
    if (params.isMissingNode() || params.isNull()) {
      params = JsonNodeFactory.instance.objectNode();
    }
    if (!params.isObject()) {
      throw ProblemException.invalid("params", "must be a JSON object");
    }
    return new JsonRpc(isResponse ? null : id, method.textValue(), params);
  }

  boolean isKnown() {
    return METHODS.containsKey(method);
  }

  /** What is wrong with the parameters of a known method; null if nothing is. */
  String error() {
    return error(params, METHODS.get(method), "params");
  }

  private static String error(JsonNode value, JsonNode shape, String place) {
    if (value.getNodeType() != shape.getNodeType()) {
      return place + (shape.isObject() ? " must be an object" : " must be a string");
    }
    for (Map.Entry<String, JsonNode> member : shape.properties()) {
      String name = name(member);
      String below = place + "." + name;
      if (!value.hasNonNull(name) && !name.equals(member.getKey())) {
        return below + " is required";
      }
      String error =
          value.hasNonNull(name) ? error(value.get(name), member.getValue(), below) : null;
      if (error != null) {
        return error;
      }
    }
    return null;
  }

  private static String name(Map.Entry<String, JsonNode> member) {
    return member.getKey().replace("!", "");
  }

  /**
   * The message with what the MCP server reads, and nothing else. The arguments of a call are
   * without nulls and empty texts, which models send for absent values.
   */
  ObjectNode checked() {
    ObjectNode message = JsonNodeFactory.instance.objectNode().put("jsonrpc", VERSION);
    message.put("method", method).set("id", id);
    ObjectNode kept = kept(params, METHODS.get(method));
    if (kept.has(ARGUMENTS)) {
      kept.set(ARGUMENTS, present(kept.get(ARGUMENTS)));
    }
    return message.set("params", kept);
  }

  private static ObjectNode kept(JsonNode value, JsonNode shape) {
    ObjectNode kept = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> member : shape.properties()) {
      String name = name(member);
      if (value.hasNonNull(name)) {
        boolean isPart = !member.getValue().isEmpty();
        kept.set(name, isPart ? kept(value.get(name), member.getValue()) : value.get(name));
      }
    }
    return kept;
  }

  /** An element of an array stays: without it, others would move to its place. */
  private static JsonNode present(JsonNode value) {
    if (value instanceof ArrayNode array) {
      ArrayNode present = JsonNodeFactory.instance.arrayNode();
      array.forEach(element -> present.add(present(element)));
      return present;
    }
    if (!(value instanceof ObjectNode object)) {
      return value;
    }
    ObjectNode present = JsonNodeFactory.instance.objectNode();
    object.properties().stream()
        .filter(member -> !isAbsent(member.getValue()))
        .forEach(member -> present.set(member.getKey(), present(member.getValue())));
    return present;
  }

  private static boolean isAbsent(JsonNode value) {
    return value.isNull() || value.isTextual() && value.textValue().isEmpty();
  }

  private static JsonNode shape(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a constant
    }
  }
}
