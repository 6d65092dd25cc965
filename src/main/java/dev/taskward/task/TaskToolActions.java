package dev.taskward.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.taskward.auth.CurrentUser;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.idempotency.OncePerKey;
import dev.taskward.json.ValidatedJson;
import dev.taskward.problem.Problem.Failure;
import dev.taskward.problem.Problem.FieldError;
import dev.taskward.problem.ProblemException;
import dev.taskward.ratelimit.RateLimits;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What {@link TaskTools} do. They translate their arguments to what the API takes: a search to the
 * query parameters of a list, and a change to the operations of a {@link Batch}. Errors name the
 * arguments.
 */
@ApplicationScoped
class TaskToolActions {

  /** Tasks of a change. */
  static final int MAX = 25;

  private static final int FOUND_MAX = 100;
  private static final int FOUND_DEFAULT = 20;

  private static final String KEY = "idempotency_key";
  private static final int KEY_LENGTH_MAX = 255;

  private static final String TASKS = "tasks";
  private static final String IDS = "ids";

  /** As a value, it clears one of these fields. */
  private static final String REMOVE = "remove";

  private static final Set<String> REMOVABLE = Set.of("description", "due", "due_zone", "priority");

  private static final Set<String> NEW_FIELDS =
      Set.of("title", "description", "due", "due_zone", "priority", "tags", "completed");

  private static final Set<String> CHANGED_FIELDS =
      Set.of(
          "id",
          "if_version",
          "title",
          "description",
          "due",
          "due_zone",
          "priority",
          "tags",
          "completed");

  /** The arguments of a search that are query parameters of the list with the same meaning. */
  private static final Set<String> SAME_PARAMETERS =
      Set.of(
          "completed",
          "overdue",
          "due_from",
          "due_before",
          "tz",
          "tag",
          "deleted",
          "limit",
          "cursor");

  private static final Set<String> DUE_FILTERS = Set.of("overdue", "due_from", "due_before");

  /** What a model does not need of a task that it finds. */
  private static final List<String> HIDDEN = List.of("user_id", "position", "metadata");

  /** What it needs of a task that it has changed. */
  private static final Set<String> SHOWN =
      Set.of("id", "title", "due", "completed", "deleted", "purge_at", "version");

  private final CurrentUser user;
  private final TaskwardConfig config;
  private final ValidatedJson validated;
  private final RateLimits limits;
  private final OncePerKey once;
  private final ObjectMapper json;

  TaskToolActions(
      @PersistenceUnitExtension CurrentUser user,
      TaskwardConfig config,
      ValidatedJson validated,
      RateLimits limits,
      OncePerKey once,
      ObjectMapper json) {
    this.user = user;
    this.config = config;
    this.validated = validated;
    this.limits = limits;
    this.once = once;
    this.json = json;
  }

  Object find(ObjectNode arguments, RoutingContext request) {
    Map<String, List<String>> query = new HashMap<>();
    for (Map.Entry<String, JsonNode> argument : arguments.properties()) {
      boolean isText = argument.getKey().equals("text");
      if (!isText) {
        requireKnown(argument.getKey(), SAME_PARAMETERS, "");
      }
      if (argument.getValue().isContainerNode()) {
        throw ProblemException.invalid(argument.getKey(), "must be a single value");
      }
      query.put(isText ? "q" : argument.getKey(), List.of(argument.getValue().asText()));
    }
    query.putIfAbsent("limit", List.of(Integer.toString(FOUND_DEFAULT)));
    if (query.containsKey("overdue")) {
      query.putIfAbsent("tz", List.of("UTC"));
    }
    if (query.keySet().stream().anyMatch(DUE_FILTERS::contains)) {
      query.put("sort", List.of("due"));
    }
    TaskPage page = Task.list(listQuery(query));
    ObjectNode found = json.createObjectNode();
    ArrayNode tasks = found.putArray(TASKS);
    page.tasks().forEach(task -> tasks.add(tree(task).remove(HIDDEN)));
    if (page.next() != null) {
      found.put("next_cursor", page.next());
    }
    return found;
  }

  private TaskListQuery listQuery(Map<String, List<String>> parameters) {
    if (!parameters.get("limit").get(0).matches("[1-9][0-9]?|100")) {
      throw ProblemException.invalid("limit", "must be an integer from 1 to " + FOUND_MAX);
    }
    try {
      return TaskListQuery.of(parameters, user.subject());
    } catch (ProblemException e) {
      throw renamed(e, field -> field.equals("q") ? "text" : field);
    }
  }

  Object add(ObjectNode arguments, RoutingContext request) throws IOException {
    requireKnown(arguments, Set.of(TASKS, KEY), "");
    byte[] input = json.writeValueAsBytes(arguments.path(TASKS));
    List<JsonNode> operations = new ArrayList<>();
    for (JsonNode task : elements(TASKS, arguments)) {
      String place = place(TASKS, operations.size());
      requireKnown(task, NEW_FIELDS, place);
      if (!task.has("title")) { // the API would make one
        throw ProblemException.invalid(place + ".title", "is required");
      }
      operations.add(operation("create").set("task", task));
    }
    JsonNode key = arguments.get(KEY);
    if (key == null) {
      return change(TASKS, operations, request);
    }
    if (!key.isTextual()
        || key.textValue().length() > KEY_LENGTH_MAX
        || TaskText.storageError(key.textValue()) != null) {
      throw ProblemException.invalid(
          KEY, "must be a string of at most " + KEY_LENGTH_MAX + " characters");
    }
    return json.readTree(
        once.run(key.textValue(), "add_tasks", input, () -> change(TASKS, operations, request)));
  }

  Object update(ObjectNode arguments, RoutingContext request) {
    requireKnown(arguments, Set.of(TASKS), "");
    List<JsonNode> operations = new ArrayList<>();
    for (JsonNode task : elements(TASKS, arguments)) {
      requireKnown(task, CHANGED_FIELDS, place(TASKS, operations.size()));
      ObjectNode fields = (ObjectNode) task;
      REMOVABLE.stream()
          .filter(name -> fields.path(name).asText().equals(REMOVE))
          .forEach(fields::putNull);
      if (fields.path("due").isTextual()
          && !TaskDue.hasTime(fields.get("due").textValue())
          && !fields.has("due_zone")) {
        fields.putNull("due_zone"); // a date has none
      }
      ObjectNode operation = operation("update").set("id", fields.remove("id"));
      operation.set("if_version", fields.remove("if_version"));
      operations.add(operation.set("task", fields));
    }
    return change(TASKS, operations, request);
  }

  Object complete(ObjectNode arguments, RoutingContext request) {
    requireKnown(arguments, Set.of(IDS, "completed"), "");
    JsonNode completed = arguments.has("completed") ? arguments.get("completed") : BooleanNode.TRUE;
    List<JsonNode> operations = new ArrayList<>();
    for (JsonNode id : elements(IDS, arguments)) {
      ObjectNode operation = operation("complete").set("id", id);
      operations.add(operation.set("completed", completed));
    }
    return change(IDS, operations, request);
  }

  Object delete(ObjectNode arguments, RoutingContext request) {
    requireKnown(arguments, Set.of(IDS, "restore"), "");
    if (arguments.has("restore") && !arguments.get("restore").isBoolean()) {
      throw ProblemException.invalid("restore", "must be true or false");
    }
    String op = arguments.path("restore").asBoolean() ? "restore" : "delete";
    List<JsonNode> operations = new ArrayList<>();
    for (JsonNode id : elements(IDS, arguments)) {
      operations.add(operation(op).set("id", id));
    }
    return change(IDS, operations, request);
  }

  private static void requireKnown(JsonNode object, Set<String> known, String place) {
    if (!object.isObject()) {
      throw ProblemException.invalid(place, "must be a JSON object");
    }
    object.fieldNames().forEachRemaining(name -> requireKnown(name, known, place));
  }

  private static void requireKnown(String name, Set<String> known, String place) {
    if (!known.contains(name)) {
      FieldError error = new FieldError(name, "is not known");
      throw ProblemException.invalid(List.of(place.isEmpty() ? error : error.at(place)));
    }
  }

  private static JsonNode elements(String list, ObjectNode arguments) {
    JsonNode elements = arguments.path(list);
    if (!elements.isArray() || elements.isEmpty() || elements.size() > MAX) {
      throw ProblemException.invalid(list, "must be a list of 1 to " + MAX);
    }
    return elements;
  }

  private ObjectNode operation(String op) {
    return json.createObjectNode().put("op", op);
  }

  /**
   * Runs the operations of a batch.
   *
   * @param list the argument that has an element for each of them
   */
  private ObjectNode change(String list, List<JsonNode> operations, RoutingContext request) {
    List<BatchOperation> read = read(list, operations);
    limits.takeMore(read.size() - 1L, request);
    TaskBatch batch = new TaskBatch(read, config, request);
    List<Task> tasks;
    try {
      tasks = QuarkusTransaction.joiningExisting().call(batch::run);
    } catch (ProblemException e) {
      throw e.failures().isEmpty() ? e : refused(list, read, e.failures());
    }
    ObjectNode changed = json.createObjectNode();
    ArrayNode all = changed.putArray(TASKS);
    tasks.forEach(task -> all.add(tree(task.representation()).retain(SHOWN)));
    return changed;
  }

  private List<BatchOperation> read(String list, List<JsonNode> operations) {
    Batch batch = new Batch();
    batch.operations = operations;
    try {
      return batch.read(validated);
    } catch (ProblemException e) {
      throw renamed(e, field -> argument(field, list));
    }
  }

  /** Names what a batch calls {@code operations[1].task.due}. */
  private static String argument(String field, String list) {
    return list.equals(IDS)
        ? field.replaceFirst("^operations(\\[\\d+])\\.id$", "ids$1").replaceFirst("^oper.*\\.", "")
        : field.replaceFirst("^operations(\\[\\d+])(\\.task)?", "tasks$1");
  }

  /** A call has no null. */
  private static String message(FieldError error) {
    return error.message().replace("must be null unless", "must be absent unless");
  }

  private static ProblemException renamed(ProblemException e, UnaryOperator<String> name) {
    return ProblemException.invalid(
        e.errors().stream()
            .map(
                error ->
                    new FieldError(
                        name.apply(error.field()),
                        message(error).replaceAll("operations(\\[\\d+])", "element $1")))
            .toList());
  }

  private static ProblemException refused(
      String list, List<BatchOperation> operations, List<Failure> failures) {
    Map<String, List<String>> places = new LinkedHashMap<>();
    for (Failure failure : failures) {
      Long id = operations.get(failure.operation()).id();
      String reason =
          failure.errors().stream()
              .map(error -> " " + argument(error.field(), list) + " " + message(error) + ".")
              .collect(Collectors.joining());
      places
          .computeIfAbsent(failure.detail() + reason, detail -> new ArrayList<>())
          .add(id == null ? place(list, failure.operation()) : "id " + id);
    }
    String details =
        places.entrySet().stream()
            .map(entry -> " " + String.join(", ", entry.getValue()) + ": " + entry.getKey())
            .collect(Collectors.joining());
    return ProblemException.batchRefused(
        "Nothing was changed."
            + details
            + " find_tasks shows the tasks, with deleted: true those in the trash.",
        failures);
  }

  private static String place(String list, int index) {
    return list + "[" + index + "]";
  }

  /** Without fields that have no value. */
  private ObjectNode tree(TaskRepresentation task) {
    ObjectNode tree = json.valueToTree(task);
    tree.properties()
        .removeIf(
            field ->
                field.getValue().isNull()
                    || field.getValue().isContainerNode() && field.getValue().isEmpty()
                    || field.getKey().equals("deleted") && !field.getValue().asBoolean());
    return tree;
  }
}
