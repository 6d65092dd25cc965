package dev.taskward.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;

/**
 * Adds to every operation of the OpenAPI document what follows from its shape: errors, conditional
 * requests and the {@code Idempotency-Key}. An endpoint names only its successes. The components
 * stand in {@code META-INF/openapi.yaml}.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class SharedComponents implements OASFilter {

  /** Of any request: its head may be malformed, and its body too large or encoded. */
  private static final Map<String, String> ANY =
      Map.of(
          "400", "BadRequest",
          "401", "Unauthorized",
          "403", "Forbidden",
          "413", "ContentTooLarge",
          "414", "URITooLong",
          "415", "UnsupportedMediaType",
          "429", "TooManyRequests",
          "431", "RequestHeaderFieldsTooLarge",
          "500", "InternalServerError",
          "503", "ServiceUnavailable");

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document
        .getPaths()
        .getPathItems()
        .forEach(
            (path, item) ->
                item.getOperations()
                    .forEach((method, operation) -> describe(path, method, operation)));
  }

  private static void describe(String path, HttpMethod method, Operation operation) {
    boolean isAboutOne = path.contains("{");
    boolean hasBody = !operation.getResponses().hasAPIResponse("204");
    // A repeat of the other requests gets the same response without a key.
    boolean takesKey = method != HttpMethod.GET && (isAboutOne || hasBody);
    Map<String, String> errors = new LinkedHashMap<>(ANY);
    if (hasBody) {
      errors.put("406", "NotAcceptable");
    }
    if (isAboutOne) {
      errors.put("404", "NotFound");
      errors.put("412", "PreconditionFailed");
      parameter(operation, "IfMatch");
    }
    if (isAboutOne && method == HttpMethod.GET) {
      errors.put("304", "NotModified");
      parameter(operation, "IfNoneMatch");
    }
    if (isAboutOne || operation.getResponses().hasAPIResponse("201")) {
      header(operation, "ETag", "ETag");
    }
    if (takesKey) {
      errors.put("409", "Conflict");
      errors.put("422", "UnprocessableContent");
      parameter(operation, "IdempotencyKey");
      header(operation, "Idempotency-Replayed", "IdempotencyReplayed");
    }
    APIResponses responses = operation.getResponses();
    errors.forEach(
        (status, name) -> {
          responses.removeAPIResponse(status); // Quarkus adds 401 and 403 without a content
          APIResponse response = OASFactory.createAPIResponse();
          responses.addAPIResponse(status, response.ref("#/components/responses/" + name));
        });
  }

  private static void parameter(Operation operation, String name) {
    Parameter parameter = OASFactory.createParameter();
    operation.addParameter(parameter.ref("#/components/parameters/" + name));
  }

  private static void header(Operation operation, String header, String name) {
    operation.getResponses().getAPIResponses().entrySet().stream()
        .filter(response -> response.getKey().startsWith("2"))
        .map(Map.Entry::getValue)
        .forEach(
            response -> {
              Header reference = OASFactory.createHeader();
              response.addHeader(header, reference.ref("#/components/headers/" + name));
            });
  }
}
