package dev.taskward.task;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ForeignResourceException;
import dev.taskward.problem.Problem.Failure;
import dev.taskward.problem.Problem.FieldError;
import dev.taskward.problem.ProblemException;
import dev.taskward.task.BatchOperation.Complete;
import dev.taskward.task.BatchOperation.Create;
import dev.taskward.task.BatchOperation.Delete;
import dev.taskward.task.BatchOperation.Restore;
import dev.taskward.task.BatchOperation.Update;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Runs the operations of a batch in the current transaction. It first locks all tasks and applies
 * the operations in memory. Only if none fails, it writes: changed tasks in one statement, and new
 * tasks in another.
 */
final class TaskBatch {

  private final List<BatchOperation> operations;
  private final TaskwardConfig config;
  private final RoutingContext request;
  private final Instant now = Task.now();
  private final List<Task> results = new ArrayList<>();
  private final List<Task> added = new ArrayList<>();
  private final List<Task> changed = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();

  private Map<Long, Task> locked;
  private Set<Long> foreign;

  TaskBatch(List<BatchOperation> operations, TaskwardConfig config, RoutingContext request) {
    this.operations = operations;
    this.config = config;
    this.request = request;
  }

  /**
   * Returns the tasks after the operations, in their order.
   *
   * @throws ProblemException (409) with all failures, if there are any
   */
  List<Task> run() {
    List<Long> ids = operations.stream().map(BatchOperation::id).filter(Objects::nonNull).toList();
    locked = Task.lockAll(ids);
    List<Long> missing = ids.stream().filter(id -> !locked.containsKey(id)).toList();
    foreign = missing.isEmpty() ? Set.of() : Task.existing(missing);
    for (int i = 0; i < operations.size(); i++) {
      apply(i);
    }
    if (!failures.isEmpty()) {
      checkQuota();
      throw refused();
    }
    Task.updateAll(changed);
    store();
    return results;
  }

  private void apply(int place) {
    BatchOperation operation = operations.get(place);
    try {
      if (operation instanceof Create create) {
        Task task = Task.of(create.task(), now);
        added.add(task);
        results.add(task);
        return;
      }
      Task task = require(operation);
      long before = task.version;
      if (operation instanceof Update update) {
        task.apply(update.task(), update.task()::mergeInto);
      } else if (operation instanceof Complete complete) {
        task.complete(complete.completed());
      } else if (operation instanceof Delete) {
        task.softDelete(config.trash());
      } else {
        task.restore();
      }
      if (task.version != before) {
        changed.add(task);
      }
      results.add(task);
    } catch (ForeignResourceException e) {
      SecurityLog.note(request, SecurityLog.Event.FOREIGN_RESOURCE, "belongs to another user");
      fail(
          place,
          config.concealForeignTasks()
              ? e.concealed()
              : ProblemException.forbidden(e.getMessage()));
    } catch (ProblemException e) {
      fail(place, e);
    }
  }

  private Task require(BatchOperation operation) {
    Task task = locked.get(operation.id());
    if (task == null) {
      throw Task.refusal(foreign.contains(operation.id()));
    }
    boolean isThere =
        operation instanceof Restore ? task.isRestorable(config.trash()) : !task.deleted;
    if (!isThere) {
      throw Task.refusal(false);
    }
    if (operation.ifVersion() != null && operation.ifVersion() != task.version) {
      throw ProblemException.preconditionFailed("if_version is not the task's current version.");
    }
    return task;
  }

  private void fail(int place, ProblemException problem) {
    List<FieldError> errors =
        problem.errors().stream().map(error -> error.at("task").at(Batch.place(place))).toList();
    int status = problem.getResponse().getStatus();
    failures.add(new Failure(place, status, problem.getMessage(), errors));
  }

  /** Stores the new tasks. The quota counts them together. */
  private void store() {
    if (added.isEmpty()) {
      return;
    }
    try {
      List<Long> ids = Task.insertAll(added);
      for (int i = 0; i < ids.size(); i++) {
        added.get(i).id = ids.get(i);
      }
    } catch (ProblemException quotaReached) {
      failCreations(quotaReached);
      throw refused();
    }
  }

  /** After other failures, nothing is stored, but the client gets these, too. */
  private void checkQuota() {
    TaskCounter counter = added.isEmpty() ? TaskCounter.NONE : Task.counter();
    long quota = config.tasks().quota();
    if (counter.all() + added.size() > quota) {
      failCreations(Task.quotaReached(quota));
    }
  }

  private void failCreations(ProblemException problem) {
    for (int i = 0; i < operations.size(); i++) {
      if (operations.get(i) instanceof Create) {
        fail(i, problem);
      }
    }
  }

  private ProblemException refused() {
    failures.sort(Comparator.comparingInt(Failure::operation));
    return ProblemException.batchRefused(failures);
  }

  /** The results of the operations, after {@link #run}. */
  List<BatchResult.Item> items() {
    List<BatchResult.Item> items = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      BatchOperation operation = operations.get(i);
      int status = operation instanceof Create ? 201 : operation instanceof Delete ? 204 : 200;
      items.add(new BatchResult.Item(status, results.get(i).id, results.get(i).version));
    }
    return items;
  }
}
