package dev.taskward.task;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;

/**
 * Says in the OpenAPI document what a body may hold: its own fields and, ignored, the read-only
 * ones of a task, so that a whole task can be sent back; nothing else. And how times are written.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class TaskDocument implements OASFilter {

  @Override
  public void filterOpenAPI(OpenAPI document) {
    Map<String, Schema> schemas = document.getComponents().getSchemas();
    Map<String, Schema> readOnly = new TreeMap<>(schemas.get("Task").getProperties());
    schemas
        .get("Instant")
        .description("RFC 3339, in UTC. In answers with six digits of a fraction, always.")
        .examples(List.of("2026-01-13T10:00:00.000000Z"));
    readOnly.values().removeIf(property -> !Boolean.TRUE.equals(property.getReadOnly()));
    document.getPaths().getPathItems().values().stream()
        .flatMap(item -> item.getOperations().values().stream())
        .filter(operation -> operation.getRequestBody() != null)
        .flatMap(o -> o.getRequestBody().getContent().getMediaTypes().values().stream())
        .map(type -> schemas.get(type.getSchema().getRef().replaceAll(".*/", "")))
        .forEach(body -> close(body, readOnly));
  }

  private static void close(Schema body, Map<String, Schema> readOnly) {
    readOnly.forEach(body::addProperty);
    body.setAdditionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
  }
}
