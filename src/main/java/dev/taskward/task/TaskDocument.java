package dev.taskward.task;

import dev.taskward.common.StreamedResponse;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;

/**
 * Describes request bodies in the OpenAPI document: their own fields and the ignored read-only
 * fields. Any other field is refused.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class TaskDocument implements OASFilter {

  private static final List<Class<?>> BODIES =
      List.of(NewTask.class, TaskChange.class, Completion.class);

  private static final String PRIORITY = "Priority";

  @Override
  public void filterOpenAPI(OpenAPI document) {
    Map<String, Schema> schemas = document.getComponents().getSchemas();
    document
        .getComponents()
        .addSchema(
            PRIORITY,
            OASFactory.createSchema()
                .addType(Schema.SchemaType.STRING)
                .enumeration(List.copyOf(TaskPriority.NAMES))
                .examples(List.of("high")));
    List.of("Task", "NewTask", "TaskChange").forEach(name -> describeParts(schemas.get(name)));
    Schema patched = schemas.get("TaskChange").getProperties().get("metadata");
    patched.getAdditionalPropertiesSchema().addType(Schema.SchemaType.NULL); // removes a key
    schemas
        .get("Problem")
        .addProperty("current", OASFactory.createSchema().ref("#/components/schemas/Task"));
    Map<String, Schema> readOnly = new TreeMap<>(schemas.get("Task").getProperties());
    readOnly.values().removeIf(property -> !Boolean.TRUE.equals(property.getReadOnly()));
    BODIES.forEach(body -> close(schemas.get(body.getSimpleName()), readOnly));
    BatchOperation.BY_OP
        .values()
        .forEach(type -> describeOperation(schemas.get("Batch" + type.getSimpleName())));
    PathItem tasks = document.getPaths().getPathItem(TaskApi.PATH);
    TaskListQuery.PARAMETERS.forEach(name -> parameter(name, tasks.getGET()));
    describeConditions(tasks.getGET());
    parameter("EmptyTrash", tasks.getDELETE());
    PathItem task = document.getPaths().getPathItem(TaskApi.PATH + "/{id}");
    parameter("GetDeleted", task.getGET());
    parameter("Permanent", task.getDELETE());
    Operation changes = document.getPaths().getPathItem(TaskApi.CHANGES_PATH).getGET();
    List.of("since", "changesLimit", "LastEventId").forEach(name -> parameter(name, changes));
    response("410", "CursorGone", changes);
    Content content = changes.getResponses().getAPIResponse("200").getContent();
    content.addMediaType(
        StreamedResponse.EVENTS,
        OASFactory.createMediaType()
            .schema(OASFactory.createSchema().addType(Schema.SchemaType.STRING)));
  }

  private static void describeOperation(Schema operation) {
    operation.setAdditionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
    Map<String, Schema> properties = operation.getProperties();
    if (properties.containsKey("id")) {
      properties
          .get("id")
          .minimum(BigDecimal.ONE)
          .maximum(BigDecimal.valueOf(TaskId.MAX))
          .examples(List.of(5));
      properties
          .get("if_version")
          .minimum(BigDecimal.ONE)
          .description("The operation fails with 412 if the task has another version.")
          .examples(List.of(3));
    }
  }

  /** A list has an entity tag, as a task has. */
  private static void describeConditions(Operation list) {
    parameter("IfNoneMatch", list);
    parameter("IfMatch", list);
    response("304", "NotModified", list);
    response("412", "PreconditionFailed", list);
    list.getResponses()
        .getAPIResponse("200")
        .addHeader("ETag", OASFactory.createHeader().ref("#/components/headers/ListETag"));
  }

  private static void response(String status, String name, Operation operation) {
    operation
        .getResponses()
        .addAPIResponse(
            status, OASFactory.createAPIResponse().ref("#/components/responses/" + name));
  }

  private static void parameter(String name, Operation operation) {
    operation.addParameter(OASFactory.createParameter().ref("#/components/parameters/" + name));
  }

  /** Annotations cannot describe the parts of a list and a map. */
  private static void describeParts(Schema task) {
    Map<String, Schema> properties = task.getProperties();
    properties.get("tags").getItems().minLength(1).maxLength(TaskTags.LENGTH_MAX);
    Schema priority = properties.get("priority");
    priority.setType(null);
    // Some generators ignore an enum that has null.
    priority.anyOf(
        List.of(
            OASFactory.createSchema().ref(PRIORITY),
            OASFactory.createSchema().addType(Schema.SchemaType.NULL)));
    Schema metadata = properties.get("metadata");
    metadata.getAdditionalPropertiesSchema().maxLength(TaskMetadata.VALUE_MAX);
  }

  private static void close(Schema body, Map<String, Schema> readOnly) {
    readOnly.forEach(body::addProperty);
    body.setAdditionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
  }
}
