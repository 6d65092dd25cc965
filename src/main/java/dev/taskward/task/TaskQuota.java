package dev.taskward.task;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.taskward.auth.CurrentUser;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.observability.SecurityLog.Event;
import dev.taskward.problem.ProblemException;
import io.quarkus.arc.Unremovable;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * Limits how many tasks one user can have, including deleted tasks until they are purged. It counts
 * them once for each hundredth of the quota, not for each new task. So each instance can exceed the
 * quota by a hundredth after each start.
 */
@Unremovable // Task looks it up
@ApplicationScoped
class TaskQuota {

  /** A count is due after each of this many parts of the quota. */
  private static final int STEPS = 100;

  /** How long a user over the quota is refused without another count. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** How long a failed count is not repeated. */
  private static final Duration FAILURE_PAUSE = Duration.ofSeconds(1);

  /** A user dropped from the cache begins with a new allowance. */
  private static final int USERS_MAX = 100_000;

  private final long quota;
  private final CurrentUser user;
  private final RoutingContext request;
  private final Cache<String, Allowance> allowances =
      Caffeine.newBuilder().maximumSize(USERS_MAX).build();

  /** What one user may still create. Its monitor allows one count at a time. */
  private static final class Allowance {

    /** Tasks that the user may create before the next count. */
    private long left;

    /** The earliest time of the next count. */
    private Instant notBefore = Instant.MIN;

    /** The failure of the last count; null if it succeeded. */
    private RuntimeException failure;

    Allowance(long left) {
      this.left = left;
    }
  }

  TaskQuota(
      TaskwardConfig config, @PersistenceUnitExtension CurrentUser user, RoutingContext request) {
    this.quota = config.tasks().quota();
    this.user = user;
    this.request = request;
  }

  /**
   * Takes one task from the user's allowance.
   *
   * @param stored counts the user's tasks
   * @throws ProblemException (403) if the user has reached the quota
   */
  void take(LongSupplier stored) {
    Allowance allowance = allowances.get(user.subject(), absent -> new Allowance(quota / STEPS));
    synchronized (allowance) {
      if (allowance.left == 0) {
        count(allowance, stored);
      }
      allowance.left--;
    }
  }

  private void count(Allowance allowance, LongSupplier stored) {
    boolean counts = !Instant.now().isBefore(allowance.notBefore);
    long free = counts ? free(allowance, stored) : 0;
    if (free <= 0) {
      if (allowance.failure != null) {
        throw new PersistenceException(allowance.failure);
      }
      if (counts) {
        allowance.notBefore = Instant.now().plus(PAUSE);
      }
      SecurityLog.note(request, Event.QUOTA_REACHED, "task quota reached");
      throw ProblemException.forbidden(
          "You have reached the limit of %d tasks. Deleted tasks count, too.".formatted(quota));
    }
    allowance.left = Math.min(free, Math.max(1, quota / STEPS));
  }

  private long free(Allowance allowance, LongSupplier stored) {
    allowance.failure = null;
    try {
      return quota - stored.getAsLong();
    } catch (RuntimeException e) {
      allowance.failure = e;
      allowance.notBefore = Instant.now().plus(FAILURE_PAUSE);
      throw e;
    }
  }
}
