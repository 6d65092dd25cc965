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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
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

  private static final int REMOVAL_BATCH = 1_000;
  private static final int INSERT_BATCH = 500;

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

  /** One page of all tasks of the user, deleted or not, in the order of creation. */
  static List<TaskRepresentation> export(Instant createdAt, long id, int limit) {
    return sql().export(createdAt, id, limit);
  }

  /**
   * Stores a new task of the user.
   *
   * @throws ProblemException (403) if the user has reached the quota, (400) if the fields do not
   *     fit together
   */
  static TaskRepresentation create(NewTask task) {
    task.check();
    long quota = quota();
    return sql().insert(task, now(), quota).orElseThrow(() -> quotaReached(quota));
  }

  /** A new task for {@link #insertAll}. Its fields have been checked. */
  static Task of(NewTask fields, Instant now) {
    Task task = new Task();
    task.title = fields.titleOrGenerated();
    task.description = fields.description;
    task.due = fields.due;
    task.dueZone = fields.dueZone;
    task.setPriority(fields.priority);
    task.setTags(TaskTags.nfc(fields.tags));
    task.position = fields.position;
    task.metadata = TaskMetadata.write(fields.metadata);
    task.completed = fields.completed;
    task.completedAt = fields.completed ? now : null;
    task.createdAt = now;
    task.updatedAt = now;
    return task;
  }

  /**
   * Stores new tasks in the user's transaction, and returns their ids in the same order.
   *
   * @throws ProblemException (403) if they exceed the quota; then it stores none
   */
  static List<Long> insertAll(List<Task> added) {
    TaskRows rows = bean(TaskRows.class);
    long quota = quota();
    long deleted = added.stream().filter(task -> task.deleted).count();
    long completed = added.stream().filter(task -> task.completed && !task.deleted).count();
    Long before = rows.reserve(added.size() - completed - deleted, completed, deleted, quota);
    if (before == null) {
      throw quotaReached(quota);
    }
    List<Long> ids = new ArrayList<>(added.size());
    for (int from = 0; from < added.size(); from += INSERT_BATCH) {
      List<Map<String, Object>> some = new ArrayList<>();
      for (Task task : added.subList(from, Math.min(added.size(), from + INSERT_BATCH))) {
        some.add(task.row(some.size() + 1L));
      }
      ids.addAll(rows.insert(some, before + from));
    }
    return ids;
  }

  /**
   * Locks the rows of those of these tasks that the user has until the transaction ends, in the
   * order of their ids. Hibernate does not write their changes, {@link #updateAll} does.
   */
  static Map<Long, Task> lockAll(List<Long> ids) {
    if (ids.isEmpty()) {
      return Map.of();
    }
    List<Task> locked =
        Task.<Task>find("id in ?1 order by id", ids)
            .withLock(LockModeType.PESSIMISTIC_WRITE)
            .list();
    locked.forEach(getEntityManager()::detach);
    return locked.stream().collect(Collectors.toMap(task -> task.id, task -> task));
  }

  /** Writes changed tasks of {@link #lockAll} in one statement. */
  static void updateAll(List<Task> changed) {
    if (!changed.isEmpty()) {
      bean(TaskRows.class).update(changed.stream().map(task -> task.row(task.id)).toList());
    }
  }

  /** Flips the completed flag in one statement; empty if the user has no such task. */
  static Optional<TaskRepresentation> toggle(long id) {
    return sql().toggle(id, now());
  }

  /** Removes the user's deleted tasks permanently, at most 1,000 in each transaction. */
  static void emptyTrash() {
    removeAll("deleted");
  }

  /** Removes all tasks of the user permanently, and returns how many. */
  static long eraseAll() {
    return removeAll("true");
  }

  /**
   * @param condition HQL without parameters
   */
  private static long removeAll(String condition) {
    String ids = "select id from Task where " + condition + " order by id";
    long all = 0;
    int removed;
    do {
      removed = QuarkusTransaction.requiringNew().call(() -> removeSome(ids));
      all += removed;
    } while (removed == REMOVAL_BATCH);
    return all;
  }

  private static int removeSome(String query) {
    List<Long> ids =
        getEntityManager()
            .createQuery(query, Long.class)
            .setMaxResults(REMOVAL_BATCH)
            .setLockMode(LockModeType.PESSIMISTIC_WRITE) // a task that is being restored stays
            .getResultList();
    return ids.isEmpty() ? 0 : (int) delete("id in ?1", ids);
  }

  /** Removes the user's counter, if there are no tasks; false if there are. */
  static boolean eraseCounter() {
    return QuarkusTransaction.requiringNew().call(() -> sql().eraseCounter());
  }

  static ProblemException quotaReached(long quota) {
    SecurityLog.note(request(), SecurityLog.Event.QUOTA_REACHED, "task quota reached");
    return ProblemException.forbidden(
        "You have reached the limit of %d tasks. Deleted tasks count, too.".formatted(quota));
  }

  static long quota() {
    return bean(TaskwardConfig.class).tasks().quota();
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
    return require(id, task -> task.isRestorable(trash));
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
    return refusal(!isOwn && !existing(List.of(id)).isEmpty());
  }

  /** The error for a task of another user, or for one that nobody has. */
  static RuntimeException refusal(boolean isForeign) {
    ProblemException unknown = ProblemException.notFound("There is no task with this id.");
    return isForeign ? new ForeignResourceException(unknown) : unknown;
  }

  /**
   * Which of these tasks any user has: the only lookup that bypasses the discriminator. Hibernate
   * does not scope native SQL, and the function bypasses row-level security for each id. It runs
   * after the user's own lookup found nothing, and decides between 403 and 404 only. It does not
   * reveal whether the owner deleted a task.
   */
  @SuppressWarnings("unchecked")
  static Set<Long> existing(List<Long> ids) {
    return Set.copyOf(
        getEntityManager()
            .createNativeQuery(
                "select id from unnest(cast(:ids as bigint[])) id where task_exists(id)",
                Long.class)
            .setParameter("ids", ids.toString().replace('[', '{').replace(']', '}'))
            .getResultList());
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
    setPriority(TaskChange.or(change.priority, before.priority()));
    List<String> newTags = change.tags == null ? before.tags() : TaskTags.nfc(change.tags);
    if (!newTags.equals(before.tags())) {
      setTags(newTags);
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

  private void setPriority(String name) {
    Integer number = TaskPriority.number(name);
    priority = number == null ? null : number.shortValue();
  }

  private void setTags(List<String> newTags) {
    tags = newTags.isEmpty() ? null : newTags.toArray(String[]::new);
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
    purgeAt = trash.purgeAt(now).orElse(null);
    return changed(now);
  }

  /** Whether it is not deleted, or can be restored because the purge may not remove it yet. */
  boolean isRestorable(TaskwardConfig.Trash trash) {
    return !deleted || trash.keepsForEver() || purgeAt == null || purgeAt.isAfter(now());
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
   * Gives the task its new version: Hibernate does so when it writes the change, at once. The time
   * never goes back, even if this instance's clock is behind.
   */
  private Task changed(Instant when) {
    updatedAt = notBefore(updatedAt, when);
    if (isPersistent()) {
      flush();
    } else {
      version++; // of lockAll
    }
    return this;
  }

  private static Instant notBefore(Instant least, Instant when) {
    return when.isAfter(least) ? when : least;
  }

  private List<String> tagList() {
    return tags == null ? List.of() : List.of(tags);
  }

  @Override
  public TaskRepresentation representation() {
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

  /** The values of the columns that {@link TaskRows} writes. */
  private Map<String, Object> row(long number) {
    Map<String, Object> row = new HashMap<>();
    row.put(TaskRows.NUMBER, number);
    row.put("title", title);
    row.put("description", description);
    row.put("due", due);
    row.put("due_zone", dueZone);
    row.put("due_key", text(TaskDue.key(due, dueZone)));
    row.put("priority", priority);
    row.put("tags", tags);
    row.put("position", position);
    row.put("metadata", metadata);
    row.put("completed", completed);
    row.put("completed_at", text(completedAt));
    row.put("deleted", deleted);
    row.put("deleted_at", text(deletedAt));
    row.put("created_at", text(createdAt));
    row.put("updated_at", text(updatedAt));
    row.put("purge_at", text(purgeAt));
    row.put("search", SearchText.of(title, description, tagList()));
    row.put("title_key", SearchText.titleKey(title));
    row.put("version", version);
    return row;
  }

  private static String text(Object time) {
    return time == null ? null : time.toString();
  }

  /** PostgreSQL stores microseconds, so later responses have the same time. */
  static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }
}
