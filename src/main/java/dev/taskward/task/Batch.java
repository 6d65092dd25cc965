package dev.taskward.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.taskward.json.ValidatedJson;
import dev.taskward.problem.Problem.FieldError;
import dev.taskward.problem.ProblemException;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The body of a batch. Its operations are read one by one, so that every error is reported. */
@Schema(
    description = "Operations that are done together, or not at all. Each names another task.",
    requiredProperties = "operations",
    additionalProperties = Schema.False.class,
    example =
        "{\"operations\": [{\"op\": \"create\", \"task\": {\"title\": \"Buy milk\", \"due\":"
            + " \"2026-01-13\"}}, {\"op\": \"create\", \"task\": {\"title\": \"Water the"
            + " plants\"}}]}")
public class Batch {

  static final int MAX = 100;

  private static final String SIZE = "must be 1 to " + MAX + " operations";

  @NotNull(message = SIZE)
  @Size(min = 1, max = MAX, message = SIZE)
  @Schema(
      implementation = BatchOperation[].class,
      minItems = 1,
      maxItems = MAX,
      examples = "[{\"op\": \"complete\", \"id\": 5, \"completed\": true}]")
  public List<JsonNode> operations;

  /** The place of an operation in the body. */
  static String place(int operation) {
    return "operations[" + operation + "]";
  }

  /**
   * @throws ProblemException (400) with all errors of all operations
   */
  List<BatchOperation> read(ValidatedJson json) {
    List<BatchOperation> all = new ArrayList<>();
    List<FieldError> errors = new ArrayList<>();
    Map<Long, Integer> places = new HashMap<>();
    for (int i = 0; i < operations.size(); i++) {
      try {
        BatchOperation operation = json.read(operations.get(i), type(operations.get(i)));
        Integer earlier = operation.id() == null ? null : places.putIfAbsent(operation.id(), i);
        if (earlier != null) {
          throw ProblemException.invalid("id", "is the task of " + place(earlier) + ", too");
        }
        if (operation instanceof BatchOperation.Create create) {
          check(create.task());
        }
        all.add(operation);
      } catch (ProblemException e) {
        String place = place(i);
        e.errors().forEach(error -> errors.add(error.at(place)));
      }
    }
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
    return all;
  }

  private static void check(NewTask task) {
    try {
      task.check();
    } catch (ProblemException e) {
      throw ProblemException.invalid(e.errors().stream().map(error -> error.at("task")).toList());
    }
  }

  private static Class<? extends BatchOperation> type(JsonNode operation) {
    if (!operation.isObject()) {
      throw ProblemException.invalidBody("must be a JSON object");
    }
    JsonNode op = operation.path("op");
    Class<? extends BatchOperation> type =
        op.isTextual() ? BatchOperation.BY_OP.get(op.textValue()) : null;
    if (type == null) {
      throw ProblemException.invalid("op", "must be create, update, complete, delete or restore");
    }
    return type;
  }
}
