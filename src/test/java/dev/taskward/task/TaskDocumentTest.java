package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.ApiDocument.Operation;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.swagger.v3.oas.models.media.Schema;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The request bodies in the OpenAPI document match what the service accepts. */
@QuarkusTest
class TaskDocumentTest {

  final User alice = User.fresh();

  @Test
  void readOnlyFieldsMayBeSentToEveryOperation() {
    List<Operation> ofTasks =
        operationsWithBody().stream().filter(o -> !readOnly(o.schema()).isEmpty()).toList();
    assertTrue(ofTasks.size() >= 4, ofTasks.toString());
    for (Operation operation : ofTasks) {
      long id = alice.has("Buy milk");
      Map<String, Object> task = alice.get(id).extract().jsonPath().getMap("");
      JsonObject body = new JsonObject(operation.body().toString());
      Set<String> readOnly = readOnly(operation.schema());
      readOnly.forEach(field -> body.put(field, task.get(field)));

      int status =
          new Operation(operation.method(), operation.path(), operation.mediaType(), body.encode())
              .send(alice.request(), id)
              .statusCode();

      assertTrue(readOnly.containsAll(Set.of("id", "user_id", "created_at")), readOnly.toString());
      assertTrue(status < 300, operation + " " + body + ": " + status);
    }
  }

  @Test
  void unknownFieldsAreRefused() {
    for (Operation operation : operationsWithBody()) {
      assertEquals(false, additionalProperties(operation.schema()), operation.toString());
      String body = new JsonObject(operation.body().toString()).put("unknown", 1).encode();

      new Operation(operation.method(), operation.path(), operation.mediaType(), body)
          .send(alice.roughRequest(), alice.has("Buy milk"))
          .then()
          .statusCode(400)
          .body("errors.field", contains("unknown"));
    }
  }

  private static List<Operation> operationsWithBody() {
    List<Operation> operations =
        ApiDocument.operations().stream()
            .filter(o -> o.body() != null && o.mediaType().endsWith("json"))
            .filter(o -> !o.mediaType().equals("application/x-ndjson")) // several values
            .toList();
    assertTrue(operations.size() >= 6, operations.toString());
    return operations;
  }

  /** The parser returns a schema, or the value itself if it copied the schema. */
  private static Object additionalProperties(Schema<?> schema) {
    return schema.getAdditionalProperties() instanceof Schema<?> others
        ? others.getBooleanSchemaValue()
        : schema.getAdditionalProperties();
  }

  private static Set<String> readOnly(Schema<?> schema) {
    return schema.getProperties().entrySet().stream()
        .filter(property -> Boolean.TRUE.equals(property.getValue().getReadOnly()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }
}
