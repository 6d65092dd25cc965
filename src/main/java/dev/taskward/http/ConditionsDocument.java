package dev.taskward.http;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;

/** Writes entity tags and conditions into the OpenAPI document, as {@link Conditions} has them. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ConditionsDocument implements OASFilter {

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
    if (isAboutOne) {
      operation.addParameter(
          condition(
              "If-Match",
              "Only if the task has one of these entity tags, or any with `*`; otherwise 412."));
    }
    if (isAboutOne && method == HttpMethod.GET) {
      operation.addParameter(
          condition("If-None-Match", "The tags that the client has; 304 if one is current."));
      operation
          .getResponses()
          .addAPIResponse(
              "304",
              OASFactory.createAPIResponse()
                  .description("The client has the current task")
                  .addHeader("ETag", tag()));
    }
    if (isAboutOne || method == HttpMethod.POST) {
      operation.getResponses().getAPIResponses().entrySet().stream()
          .filter(response -> response.getKey().startsWith("2"))
          .map(Map.Entry::getValue)
          .forEach(response -> response.addHeader("ETag", tag()));
    }
  }

  private static Parameter condition(String name, String description) {
    return OASFactory.createParameter()
        .name(name)
        .in(Parameter.In.HEADER)
        .description(description)
        .schema(text());
  }

  private static Header tag() {
    return OASFactory.createHeader()
        .description("The task's `version` in double quotes (RFC 9110, 8.8.3).")
        .schema(text());
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(SchemaType.STRING).addExample("\"3\"");
  }
}
