package dev.taskward;

import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.vertx.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The operations of the served OpenAPI document, so that no test has to list them. */
public final class ApiDocument {

  /**
   * @param mediaType of the request body, null if there is none
   * @param body an example of the request body from the document, null if there is none
   * @param described the description in the document, null if it has none
   */
  public record Operation(
      String method,
      String path,
      String mediaType,
      Object body,
      io.swagger.v3.oas.models.Operation described) {

    public Operation(String method, String path, String mediaType, Object body) {
      this(method, path, mediaType, body, null);
    }

    public boolean isAboutOneTask() {
      return path.contains("{");
    }

    public Response send(RequestSpecification request, long id) {
      if (body != null) {
        request.contentType(mediaType).body(bytes());
      }
      requiredParameters()
          .forEach(parameter -> request.queryParam(parameter.getName(), value(parameter)));
      return request.request(method, path.replace("{id}", Long.toString(id)));
    }

    private List<Parameter> requiredParameters() {
      return queryParameters().stream()
          .filter(parameter -> Boolean.TRUE.equals(parameter.getRequired()))
          .toList();
    }

    /** The query parameters that the document has for this operation. */
    public List<Parameter> queryParameters() {
      List<Parameter> parameters = described == null ? null : described.getParameters();
      return parameters == null
          ? List.of()
          : parameters.stream().filter(parameter -> parameter.getIn().equals("query")).toList();
    }

    private static Object value(Parameter parameter) {
      return parameter.getSchema().getEnum().get(0);
    }

    /** The schema of the request body. */
    public Schema<?> schema() {
      return described.getRequestBody().getContent().get(mediaType).getSchema();
    }

    /** The example as bytes, empty if there is none. */
    public byte[] bytes() {
      return body == null ? new byte[0] : body.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  public static OpenAPI read() {
    ParseOptions options = new ParseOptions();
    options.setResolve(true);
    options.setResolveFully(true);
    return new OpenAPIV3Parser()
        .readContents(RestAssured.get("/q/openapi?format=json").asString(), null, options)
        .getOpenAPI();
  }

  public static List<Operation> operations() {
    return read().getPaths().entrySet().stream()
        .flatMap(
            path ->
                path.getValue().readOperationsMap().entrySet().stream()
                    .map(
                        operation ->
                            new Operation(
                                operation.getKey().name(),
                                path.getKey(),
                                mediaType(operation.getValue()),
                                example(operation.getValue()),
                                operation.getValue())))
        .toList();
  }

  public static Set<String> methods(String path) {
    return Set.copyOf(
        read().getPaths().get(path).readOperationsMap().keySet().stream().map(Enum::name).toList());
  }

  private static String mediaType(io.swagger.v3.oas.models.Operation operation) {
    return operation.getRequestBody() == null
        ? null
        : operation.getRequestBody().getContent().keySet().iterator().next();
  }

  private static Object example(io.swagger.v3.oas.models.Operation operation) {
    if (operation.getRequestBody() == null) {
      return null;
    }
    MediaType json = operation.getRequestBody().getContent().values().iterator().next();
    Schema<?> schema = json.getSchema();
    Object example = schema.getExamples().get(0);
    return example instanceof Map ? Json.encode(example) : example.toString();
  }

  private ApiDocument() {}
}
