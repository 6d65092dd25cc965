package dev.taskward.task;

import dev.taskward.conditional.Preconditions;
import dev.taskward.conditional.Versioned;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ForeignResourceException;
import dev.taskward.problem.ProblemException;
import io.quarkus.arc.Arc;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.persistence.Basic;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Version;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.annotations.PartitionKey;
import org.hibernate.annotations.TenantId;
import org.hibernate.type.SqlTypes;

/**
 * A task of one user; no other class accesses the table. Because of {@link TenantId}, Hibernate
 * adds {@code user_id = <the current user>} to every statement, including lookups by id and bulk
 * statements. {@link TaskSql} does so for hot-path SQL. So no code here names the user.
 */
@Entity
@DynamicUpdate // a PUT of the title must not write back a completed flag that it read earlier
public class Task extends PanacheEntityBase implements Versioned {

  private static final int TRASH_BATCH = 1_000;

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

  /** A date or a local date-time, as sent; see {@link TaskDue}. */
  public String due;

  /** An IANA time zone; null without a time, and for a floating time. */
  @Column(name = "due_zone")
  public String dueZone;

  /** Orders by due, see {@link TaskDue#key}. A Timestamp would move the dates of October 1582. */
  @JdbcTypeCode(SqlTypes.LOCAL_DATE_TIME)
  @Column(name = "due_key")
  LocalDateTime dueKey;

  /** 1 to 4, see {@link TaskPriority}; null if there is none. */
  public Short priority;

  /** In NFC; null if there are none. */
  @Column(columnDefinition = "text[]")
  public String[] tags;

  /** A key of fractional indexing. */
  public String position;

  /** JSON, see {@link TaskMetadata}; null if there is none. */
  @Column(columnDefinition = "text")
  public String metadata;

  @Column(nullable = false)
  public boolean completed;

  /** When the completed flag became true; null for an open task. */
  @Column(name = "completed_at")
  public Instant completedAt;

  /** The text that searches look at, see {@link SearchText#of}. Only written. */
  @Basic(fetch = FetchType.LAZY)
  @Column(nullable = false, columnDefinition = "text")
  String search;

  /** Orders by title, see {@link SearchText#titleKey}. Only written. */
  @Basic(fetch = FetchType.LAZY)
  @Column(name = "title_key", nullable = false, columnDefinition = "text")
  String titleKey;

  /** Soft delete: only the list of deleted tasks and restoring find the row. */
  @Column(nullable = false)
  public boolean deleted;

  @Column(name = "deleted_at")
  public Instant deletedAt;

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

  /**
   * The user's task with this id; see {@link #requireForUpdate}.
   *
   * @param deleted whether it must be deleted, or must not
   */
  static TaskRepresentation get(long id, boolean deleted) {
    TaskRepresentation task = sql().find(id).orElse(null);
    if (task == null || task.deleted() != deleted) {
      throw refusal(id, task != null);
    }
    return task;
  }

  /** One page of the user's tasks: one round trip, and one more if the client wants a count. */
  static TaskPage list(TaskListQuery query) {
    TaskSql.Listed rows = query.rows(sql());
    return query.page(rows, query.counted() ? sql().count(query.filter().condition()) : null);
  }

  /** The user's counter of tasks and changes. */
  static TaskCounter counter() {
    return sql().counter();
  }

  /** One page of the user's changes; see {@link ChangePage#read}. */
  static ChangePage changes(ChangeCursor since, int limit) {
    return ChangePage.read(since, limit, sql());
  }

  /**
   * Stores a new task of the user.
   *
   * @throws ProblemException (403) if the user has reached the quota, (400) if the fields do not
   *     fit together
   */
  static TaskRepresentation create(NewTask task) {
    TaskDue.check(task.due, task.dueZone);
    task.metadata = TaskMetadata.merge(Map.of(), task.metadata);
    long quota = bean(TaskwardConfig.class).tasks().quota();
    return sql().insert(task, now(), quota).orElseThrow(() -> quotaReached(quota));
  }

  /** Flips the completed flag in one statement; empty if the user has no such task. */
  static Optional<TaskRepresentation> toggle(long id) {
    return sql().toggle(id, now());
  }

  /** Removes the user's deleted tasks permanently, at most 1,000 in each transaction. */
  static void emptyTrash() {
    while (QuarkusTransaction.requiringNew().call(Task::emptyTrashOnce) == TRASH_BATCH) {
      // there may be more
    }
  }

  private static int emptyTrashOnce() {
    List<Long> ids =
        getEntityManager()
            .createQuery("select id from Task where deleted order by id", Long.class)
            .setMaxResults(TRASH_BATCH)
            .setLockMode(LockModeType.PESSIMISTIC_WRITE) // a task that is being restored stays
            .getResultList();
    return ids.isEmpty() ? 0 : (int) delete("id in ?1", ids);
  }

  private static ProblemException quotaReached(long quota) {
    SecurityLog.note(request(), SecurityLog.Event.QUOTA_REACHED, "task quota reached");
    return ProblemException.forbidden(
        "You have reached the limit of %d tasks. Deleted tasks count, too.".formatted(quota));
  }

  private static RoutingContext request() {
    return bean(CurrentVertxRequest.class).getCurrent();
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
    return require(id, task -> !task.deleted);
  }

  /** The same for a task that may be deleted, but not due for the purge. */
  static Task requireForRestore(long id, TaskwardConfig.Trash trash) {
    return require(id, task -> !task.deleted || trash.keepsForEver() || !task.isDue());
  }

  /** The same for a deleted task. */
  static Task requireDeleted(long id) {
    return require(id, task -> task.deleted);
  }

  private static Task require(long id, Predicate<Task> accepted) {
    Task task = findById(id, LockModeType.PESSIMISTIC_WRITE);
    if (task != null && accepted.test(task)) {
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

  /**
   * Applies the fields that the client sent. Without a change, the task keeps its version.
   *
   * @param newMetadata the metadata after the change
   */
  Task apply(TaskChange change, UnaryOperator<Map<String, String>> newMetadata) {
    TaskRepresentation before = representation();
    Instant now = now();
    title = change.titleOr(title);
    description = TaskChange.or(change.description, description);
    setCompleted(change.completedOr(completed), now);
    due = TaskChange.or(change.due, due);
    dueZone = due == null && change.dueZone == null ? null : TaskChange.or(change.dueZone, dueZone);
    TaskDue.check(due, dueZone);
    Integer number = TaskPriority.number(TaskChange.or(change.priority, before.priority()));
    priority = number == null ? null : number.shortValue();
    List<String> newTags = change.tags == null ? before.tags() : TaskTags.nfc(change.tags);
    if (!newTags.equals(before.tags())) {
      tags = newTags.isEmpty() ? null : newTags.toArray(String[]::new);
    }
    position = TaskChange.or(change.position, position);
    Map<String, String> changed = newMetadata.apply(before.metadata());
    if (!changed.equals(before.metadata())) {
      metadata = TaskMetadata.write(changed);
    }
    TaskRepresentation after = representation();
    if (after.equals(before)) {
      return this;
    }
    dueKey = TaskDue.key(due, dueZone);
    if (!title.equals(before.title())) {
      titleKey = SearchText.titleKey(title);
    }
    if (!title.equals(before.title())
        || !Objects.equals(description, before.description())
        || !after.tags().equals(before.tags())) {
      search = SearchText.of(title, description, after.tags());
    }
    return changed(now);
  }

  Task complete(boolean newCompleted) {
    if (newCompleted == completed) {
      return this;
    }
    Instant now = now();
    setCompleted(newCompleted, now);
    return changed(now);
  }

  private void setCompleted(boolean newCompleted, Instant when) {
    if (newCompleted != completed) {
      completed = newCompleted;
      completedAt = newCompleted ? notBefore(updatedAt, when) : null;
    }
  }

  /**
   * @param trash how long the task can be restored
   */
  Task softDelete(TaskwardConfig.Trash trash) {
    Instant now = now();
    deleted = true;
    deletedAt = notBefore(updatedAt, now);
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
    deletedAt = null;
    purgeAt = null;
    return changed(now());
  }

  /**
   * Writes the change at once, so that the task has its new version. The time never goes back, even
   * if this instance's clock is behind.
   */
  private Task changed(Instant when) {
    updatedAt = notBefore(updatedAt, when);
    flush();
    return this;
  }

  private static Instant notBefore(Instant least, Instant when) {
    return when.isAfter(least) ? when : least;
  }

  private List<String> tagList() {
    return tags == null ? List.of() : List.of(tags);
  }

  TaskRepresentation representation() {
    return new TaskRepresentation(
        id,
        userId,
        title,
        description,
        due,
        dueZone,
        TaskPriority.name(priority == null ? null : priority.intValue()),
        tagList(),
        position,
        TaskMetadata.read(metadata),
        completed,
        completedAt,
        deleted,
        deletedAt,
        createdAt,
        updatedAt,
        purgeAt,
        version);
  }

  /** PostgreSQL stores microseconds, so later responses have the same time. */
  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }
}
