package dev.taskward.task;

import dev.taskward.conditional.Preconditions;
import dev.taskward.conditional.Versioned;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ForeignResourceException;
import dev.taskward.problem.ProblemException;
import io.quarkus.arc.Arc;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Version;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.PartitionKey;
import org.hibernate.annotations.TenantId;

/**
 * A task of one user; no other class accesses the table. Because of {@link TenantId}, Hibernate
 * adds {@code user_id = <the current user>} to every statement, including lookups by id and bulk
 * statements. {@link TaskSql} does so for hot-path SQL. So no code here names the user.
 */
@Entity
@DynamicUpdate // a PUT of the title must not write back a completed flag that it read earlier
public class Task extends PanacheEntityBase implements Versioned {

  /** Positive and below 2^53. */
  @Id public Long id;

  /** The owner: the {@code sub} of the token that created the task. Never changes. */
  @TenantId
  @PartitionKey // every update names the user, as partitioned tables need it
  @Column(name = "user_id", nullable = false, updatable = false)
  public String userId;

  /** 1 to 255 code points, not blank. */
  @Column(nullable = false)
  public String title;

  /** At most 500 code points; null when there is none. */
  @Column(length = TaskText.DESCRIPTION_MAX)
  public String description;

  @Column(nullable = false)
  public boolean completed;

  /** Soft delete: only the list of deleted tasks and restoring find the row. */
  @Column(nullable = false)
  public boolean deleted;

  @Column(name = "created_at", nullable = false, updatable = false)
  public Instant createdAt;

  @Column(name = "updated_at", nullable = false)
  public Instant updatedAt;

  /** When the purge may remove a deleted task; null if it is not deleted or kept forever. */
  @Column(name = "purge_at")
  public Instant purgeAt;

  /** Starts at 1. Every change of the row increments it. */
  @Version
  @Column(nullable = false)
  public long version = 1;

  /** The user's task with this id, unless it is deleted; see {@link #requireForUpdate}. */
  static TaskRepresentation get(long id) {
    TaskRepresentation task = sql().find(id).orElse(null);
    if (task == null || task.deleted()) {
      throw refusal(id, task != null);
    }
    return task;
  }

  /** One page of the user's tasks: one statement, and one more if the client wants a count. */
  static TaskPage list(TaskListQuery query) {
    List<TaskRepresentation> rows =
        sql().list(query.condition(), query.values(), query.orderAndLimit());
    TaskFilter filter = query.filter();
    return query.page(rows, query.counted() ? sql().count(filter.where(), filter.values()) : null);
  }

  /**
   * Stores a new task of the user.
   *
   * @throws ProblemException (403) if the user has reached the quota
   */
  static TaskRepresentation create(NewTask task) {
    bean(TaskQuota.class).take(Task::countAll);
    return sql().insert(task, now());
  }

  /** Flips the completed flag in one statement; empty if the user has no such task. */
  static Optional<TaskRepresentation> toggle(long id) {
    return sql().toggle(id, now());
  }

  /** Counts twice, because each condition has an index. */
  private static long countAll() {
    return count("deleted = false") + count("deleted = true");
  }

  private static TaskSql sql() {
    return bean(TaskSql.class);
  }

  private static <T> T bean(Class<T> type) {
    return Arc.container().instance(type).get();
  }

  @Override
  public long version() {
    return version;
  }

  /**
   * Finds the user's task and locks its row until the transaction ends, so that no parallel change
   * is lost.
   *
   * @throws ProblemException (404) if no user has the task, (412) if a precondition fails
   * @throws ForeignResourceException (403) if another user has it
   */
  static Task requireForUpdate(long id) {
    return require(id, deleted -> false);
  }

  /** The same for a task that may be deleted, but not due for the purge. */
  static Task requireForRestore(long id, TaskwardConfig.Trash trash) {
    return require(id, deleted -> trash.keepsForEver() || !deleted.isDue());
  }

  /**
   * @param orDeleted which deleted tasks are accepted
   */
  private static Task require(long id, Predicate<Task> orDeleted) {
    Task task = findById(id, LockModeType.PESSIMISTIC_WRITE);
    if (task != null && (!task.deleted || orDeleted.test(task))) {
      Preconditions.ofRequest().check(task);
      return task;
    }
    throw refusal(id, task != null);
  }

  /**
   * The error for a task that the user cannot access.
   *
   * @param isOwn whether it is the user's own, deleted
   */
  private static RuntimeException refusal(long id, boolean isOwn) {
    ProblemException unknown = ProblemException.notFound("There is no task with this id.");
    return !isOwn && existsForAnyone(id) ? new ForeignResourceException(unknown) : unknown;
  }

  /**
   * Whether any user has the task: the only lookup that bypasses the discriminator. Hibernate does
   * not scope native SQL, and the function bypasses row-level security for this id. It runs after
   * the user's own lookup found nothing, and decides between 403 and 404 only. It does not reveal
   * whether the owner deleted the task.
   */
  private static boolean existsForAnyone(long id) {
    return (boolean)
        getEntityManager()
            .createNativeQuery("select task_exists(:id)", Boolean.class)
            .setParameter("id", id)
            .getSingleResult();
  }

  /** Applies the fields that the client sent. Without a change, the task keeps its version. */
  Task apply(TaskChange change) {
    return update(
        change.titleOr(title), change.descriptionOr(description), change.completedOr(completed));
  }

  Task complete(boolean newCompleted) {
    return update(title, description, newCompleted);
  }

  /**
   * @param trash how long the task can be restored
   */
  Task softDelete(TaskwardConfig.Trash trash) {
    Instant now = now();
    deleted = true;
    purgeAt = trash.keepsForEver() ? null : now.plus(trash.retention());
    return changed(now);
  }

  /** Whether the purge may remove it. */
  private boolean isDue() {
    return purgeAt != null && !purgeAt.isAfter(now());
  }

  /** Undoes the deletion, if it is deleted. */
  Task restore() {
    if (!deleted) {
      return this;
    }
    deleted = false;
    purgeAt = null;
    return changed(now());
  }

  private Task update(String newTitle, String newDescription, boolean newCompleted) {
    if (newTitle.equals(title)
        && Objects.equals(newDescription, description)
        && newCompleted == completed) {
      return this;
    }
    title = newTitle;
    description = newDescription;
    completed = newCompleted;
    return changed(now());
  }

  /**
   * Writes the change at once, so that the task has its new version. The time never goes back, even
   * if this instance's clock is behind.
   */
  private Task changed(Instant when) {
    updatedAt = when.isAfter(updatedAt) ? when : updatedAt;
    flush();
    return this;
  }

  TaskRepresentation representation() {
    return new TaskRepresentation(
        id, userId, title, description, completed, deleted, createdAt, updatedAt, purgeAt, version);
  }

  /** PostgreSQL stores microseconds, so later responses have the same time. */
  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }
}
