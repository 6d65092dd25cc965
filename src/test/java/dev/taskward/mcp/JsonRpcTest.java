package dev.taskward.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which messages reach the MCP server. */
class JsonRpcTest {

  private static JsonRpc message(String json) throws JsonProcessingException {
    return JsonRpc.of(new ObjectMapper().readTree(json.replace('\'', '"')));
  }

  private static JsonRpc request(String method, String params) throws JsonProcessingException {
    return message(
        "{'jsonrpc': '2.0', 'id': 1, 'method': '%s', 'params': %s}".formatted(method, params));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "-1", "12345678901234567890", "'a'", "''"})
  void aRequestHasATextOrAnIntegerAsId(String id) throws JsonProcessingException {
    JsonRpc ping = message("{'jsonrpc': '2.0', 'id': " + id + ", 'method': 'ping'}");

    assertEquals(id.replace('\'', '"'), ping.id().toString());
    assertEquals(null, ping.error());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'jsonrpc': '2.0', 'method': 'notifications/initialized'}",
        "{'jsonrpc': '2.0', 'id': 1, 'result': {}}",
        "{'jsonrpc': '2.0', 'id': 1, 'error': {'code': 1, 'message': 'x'}}"
      })
  void aNotificationOrAResponseNeedsNoAnswer(String json) throws JsonProcessingException {
    assertEquals(null, message(json).id());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|body",
        "[{'jsonrpc': '2.0', 'id': 1, 'method': 'ping'}]|body",
        "1|body",
        "null|body",
        "{}|jsonrpc",
        "{'jsonrpc': 2.0, 'id': 1, 'method': 'ping'}|jsonrpc",
        "{'jsonrpc': '1.0', 'id': 1, 'method': 'ping'}|jsonrpc",
        "{'jsonrpc': '2.0', 'id': 1}|method",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 5}|method",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 'ping', 'result': {}}|method",
        "{'jsonrpc': '2.0', 'id': null, 'method': 'ping'}|id",
        "{'jsonrpc': '2.0', 'id': 1.5, 'method': 'ping'}|id",
        "{'jsonrpc': '2.0', 'id': {}, 'method': 'ping'}|id",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 'ping', 'params': []}|params",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 'ping', 'params': 'x'}|params"
      })
  void anythingElseIsRefused(String json, String field) {
    ProblemException refusal = assertThrows(ProblemException.class, () -> message(json));

    assertEquals(400, refusal.getResponse().getStatus());
    assertEquals(field, refusal.errors().get(0).field());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "initialize|{}|params.protocolVersion is required|params.clientInfo is required",
        "initialize|{'protocolVersion': 5, 'clientInfo': {'name': 'c', 'version': '1'}}"
            + "|params.protocolVersion must be a string|",
        "initialize|{'protocolVersion': 'x', 'clientInfo': 'c'}"
            + "|params.clientInfo must be an object|",
        "initialize|{'protocolVersion': 'x', 'clientInfo': {'name': 'c'}}"
            + "|params.clientInfo.version is required|",
        "initialize|{'protocolVersion': 'x', 'clientInfo': {'name': [], 'version': '1'}}"
            + "|params.clientInfo.name must be a string|",
        "tools/call|{}|params.name is required|",
        "tools/call|{'name': null}|params.name is required|",
        "tools/call|{'name': []}|params.name must be a string|",
        "tools/call|{'name': 'x', 'arguments': []}|params.arguments must be an object|",
        "tools/list|{'cursor': 1}|params.cursor must be a string|",
        "logging/setLevel|{}|params.level is required|"
      })
  void parametersOfAnotherTypeAreAnError(String method, String params, String error, String or)
      throws JsonProcessingException {
    String found = request(method, params).error();

    assertEquals(found.equals(or) ? or : error, found);
  }

  /** The server would fail at some of them, such as an unknown theme of an icon. */
  @Test
  void theServerGetsOnlyWhatItReads() throws JsonProcessingException {
    JsonRpc initialize =
        request(
            "initialize",
            "{'protocolVersion': 'x', 'capabilities': {'sampling': 5}, 'clientInfo': {'name': 'c',"
                + " 'version': '1', 'title': [], 'icons': [{'src': 'x', 'theme': 'purple'}]}, '_meta':"
                + " {'io.modelcontextprotocol/clientInfo': []}, 'new': []}");

    assertEquals(null, initialize.error());
    assertEquals(
        request(
                "initialize",
                "{'protocolVersion': 'x', 'clientInfo': {'name': 'c', 'version': '1'}}")
            .checked(),
        initialize.checked());
    JsonRpc list = message("{'jsonrpc': '2.0', 'id': 'a', 'method': 'tools/list', 'x': 1}");
    assertEquals(
        "{'jsonrpc':'2.0','method':'tools/list','id':'a','params':{}}",
        list.checked().toString().replace('"', '\''));
  }

  @Test
  void nullsAndEmptyTextsAreNoArguments() throws JsonProcessingException {
    JsonRpc call =
        request(
            "tools/call",
            "{'name': 'x', 'arguments': {'a': null, 'b': '', 'c': ' ', 'd': [null, '', 1, {'e':"
                + " ''}], 'f': {}, 'g': false}}");

    String arguments = "{'c': ' ', 'd': [null, '', 1, {}], 'f': {}, 'g': false}".replace('\'', '"');
    assertEquals(new ObjectMapper().readTree(arguments), call.checked().at("/params/arguments"));
  }

  @Test
  void onlyTheMethodsOfToolsAreKnown() throws JsonProcessingException {
    assertEquals(true, request("tools/call", "{}").isKnown());
    assertEquals(false, request("prompts/list", "{}").isKnown());
    assertEquals(false, request("resources/subscribe", "{}").isKnown());
    assertEquals(false, request("completion/complete", "{}").isKnown());
    assertEquals(false, request("q/close", "{}").isKnown());
  }

  @Test
  void parametersMayBeAbsent() throws JsonProcessingException {
    assertEquals(null, message("{'jsonrpc': '2.0', 'id': 1, 'method': 'tools/list'}").error());
    assertEquals(null, request("tools/list", "null").error());
    assertEquals(null, request("tools/call", "{'name': 'x', 'arguments': null}").error());
  }
}
