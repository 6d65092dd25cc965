package dev.taskward.task;

import dev.taskward.conditional.Preconditions;
import dev.taskward.conditional.Versioned;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ForeignResourceException;
import dev.taskward.problem.ProblemException;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Version;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.Predicate;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.TenantId;

/**
 * A task of one user. Hibernate adds {@code user_id = <the caller>} to every statement about this
 * entity, lookups by id and bulk statements included, because of {@link TenantId}; so nothing here
 * names the user, and nothing here can forget to.
 */
@Entity
@DynamicUpdate // a PUT of the title must not write back a completed flag that it read earlier
public class Task extends PanacheEntityBase implements Versioned {

  /** Positive and below 2^53. */
  @Id public Long id;

  /** The owner: the {@code sub} of the token that created the task. Never changes. */
  @TenantId
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

  /** Soft delete: the row stays, and only the list of deleted tasks and restoring know of it. */
  @Column(nullable = false)
  public boolean deleted;

  @Column(name = "created_at", nullable = false, updatable = false)
  public Instant createdAt;

  @Column(name = "updated_at", nullable = false)
  public Instant updatedAt;

  /** When a deleted task may be removed for good; null if it is not deleted, or kept for ever. */
  @Column(name = "purge_at")
  public Instant purgeAt;

  /** 1 at first. Hibernate counts every change of the row, whoever makes it. */
  @Version
  @Column(nullable = false)
  public long version = 1;

  /** All of the caller's, in the two conditions that have an index. */
  static long countAll() {
    return count("deleted = false") + count("deleted = true");
  }

  @Override
  public long version() {
    return version;
  }

  /**
   * The caller's task with this id, its row locked until the transaction ends: changes of one task
   * queue up behind each other, so that none is lost.
   *
   * @throws ProblemException (404) if nobody has such a task, (412) if the request's conditions do
   *     not hold for it
   * @throws ForeignResourceException (403) if somebody else has it
   */
  static Task requireForUpdate(long id) {
    return require(id, deleted -> false);
  }

  /** The same for a task that may be deleted, but not due to be gone. */
  static Task requireForRestore(long id, TaskwardConfig.Trash trash) {
    return require(id, deleted -> trash.keepsForEver() || !deleted.isDue());
  }

  /**
   * @param orDeleted which deleted ones will do
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
   * Why the caller doesn't get this task.
   *
   * @param callers whether it is his own, deleted
   */
  static RuntimeException refusal(long id, boolean callers) {
    ProblemException unknown = ProblemException.notFound("There is no task with this id.");
    return !callers && existsForAnyone(id) ? new ForeignResourceException(unknown) : unknown;
  }

  /**
   * The one look past the discriminator: native SQL, which Hibernate does not scope, and a function
   * that opens the row-level security for this id. It runs only after the caller's own lookup
   * missed, and tells nothing but whether 403 or 404 is the answer; not even whether the owner
   * deleted the task.
   */
  private static boolean existsForAnyone(long id) {
    return (boolean)
        getEntityManager()
            .createNativeQuery("select task_exists(:id)", Boolean.class)
            .setParameter("id", id)
            .getSingleResult();
  }

  /** Applies what the client sent; what it left out stays. No change, no new time. */
  Task apply(TaskChange change) {
    return update(
        change.titleOr(title), change.descriptionOr(description), change.completedOr(completed));
  }

  Task complete(boolean newCompleted) {
    return update(title, description, newCompleted);
  }

  /**
   * @param trash how long it can be restored
   */
  Task softDelete(TaskwardConfig.Trash trash) {
    Instant now = now();
    deleted = true;
    purgeAt = trash.keepsForEver() ? null : now.plus(trash.retention());
    return changed(now);
  }

  /** Whether it may be removed for good, if that has not been done yet. */
  private boolean isDue() {
    return purgeAt != null && !purgeAt.isAfter(now());
  }

  /** Undoes the deletion, if there was one. */
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
   * Writes the change at once, so that the task has the version that it will be read with. A clock
   * that is behind does not make it an older one.
   */
  private Task changed(Instant when) {
    updatedAt = when.isAfter(updatedAt) ? when : updatedAt;
    flush();
    return this;
  }

  /** PostgreSQL keeps microseconds: what is answered now is what will be read later. */
  static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MICROS);
  }
}
