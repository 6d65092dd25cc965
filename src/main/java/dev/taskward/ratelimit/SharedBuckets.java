package dev.taskward.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.taskward.common.Digest;
import dev.taskward.config.TaskwardConfig;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.jdbc.PrimaryKeyMapper;
import io.github.bucket4j.postgresql.Bucket4jPostgreSQL;
import io.github.bucket4j.postgresql.PostgreSQLSelectForUpdateBasedProxyManager;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.scheduler.Scheduled;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Counts the rate limits in the database, for all instances. Each count is a row, locked by {@code
 * select … for update} in its own transaction, which also works behind a pooler. It bypasses
 * Hibernate, because there may be no current user, and no row belongs to a user.
 *
 * <p>Until a token can be available, it refuses clients over the limit without a query. If the
 * database is unavailable, each instance counts for itself.
 */
@ApplicationScoped
class SharedBuckets {

  private static final Logger LOG = Logger.getLogger(SharedBuckets.class);

  private static final int REFUSED_MAX = 100_000;
  private static final int SWEEP_BATCH = 1_000;
  private static final int LOCKS = 256;

  /** Includes waiting for other instances' requests of the same user, which lock the row. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** How long a failed database is not queried, so that no request waits for it twice. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /**
   * @param since of {@link System#nanoTime}
   */
  private record Refusal(ConsumptionProbe probe, long since) {

    /** The refusal as of now; null if the database has to be queried. */
    ConsumptionProbe now() {
      long passed = System.nanoTime() - since;
      return passed >= probe.getNanosToWaitForRefill()
          ? null
          : ConsumptionProbe.rejected(
              probe.getRemainingTokens(),
              probe.getNanosToWaitForRefill() - passed,
              probe.getNanosToWaitForReset() - passed);
    }
  }

  /** Null if each instance counts for itself. */
  private final PostgreSQLSelectForUpdateBasedProxyManager<String> counts;

  private final Vertx vertx;
  private final Cache<String, Refusal> refused =
      Caffeine.newBuilder().maximumSize(REFUSED_MAX).build();

  /** Requests of the same user run one at a time. Several users may share a lock. */
  private final Object[] locks = Stream.generate(Object::new).limit(LOCKS).toArray();

  /** When this instance removed a user's count, by {@link System#nanoTime}. */
  private final Cache<String, Long> forgotten =
      Caffeine.newBuilder().maximumSize(REFUSED_MAX).build();

  /** How long an empty bucket takes to be full. */
  private final Duration fill;

  private volatile long pausedAt = System.nanoTime() - PAUSE.toNanos();

  SharedBuckets(TaskwardConfig config, DataSource database, Vertx vertx) {
    this.vertx = vertx;
    fill = config.rateLimit().period();
    counts =
        config.rateLimit().isShared()
            ? Bucket4jPostgreSQL.selectForUpdateBasedBuilder(database)
                .table("rate_limit")
                .primaryKeyMapper(PrimaryKeyMapper.STRING)
                .requestTimeout(TIMEOUT)
                .expirationAfterWrite(
                    ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(
                        Duration.ofMinutes(1)))
                .build()
            : null;
  }

  /**
   * Takes one token on a worker thread. The future completes on the calling context. Empty if the
   * instances do not share counts, or the database is unavailable.
   *
   * @param policy the limit; each policy has its own counts
   * @param key the user or address; only a digest of it is stored
   */
  Future<Optional<ConsumptionProbe>> take(
      String policy, String key, BucketConfiguration configuration) {
    if (counts == null || isPaused()) {
      return Future.succeededFuture(Optional.empty());
    }
    String id = id(policy, key);
    ConsumptionProbe refusal = refusal(id);
    if (refusal != null) {
      return Future.succeededFuture(Optional.of(refusal));
    }
    return vertx
        .executeBlocking(() -> take(id, configuration, 1), false)
        .otherwise(Optional.empty()); // no worker thread is free
  }

  /**
   * Takes several tokens on this thread, which must be a worker thread. They stay taken if the
   * current transaction is rolled back.
   */
  Optional<ConsumptionProbe> takeNow(
      String policy, String key, BucketConfiguration configuration, long tokens) {
    return counts == null || isPaused()
        ? Optional.empty()
        : QuarkusTransaction.suspendingExisting()
            .call(() -> take(id(policy, key), configuration, tokens));
  }

  /**
   * Removes the count of a user, at most once while a bucket fills up. Otherwise a user could use
   * this to get a full bucket again and again. Counts of earlier policies expire.
   *
   * @return whether it removed the count
   */
  boolean forget(String policy, String key) {
    if (counts == null) {
      return false;
    }
    String id = id(policy, key);
    Long last = forgotten.getIfPresent(id);
    if (last != null && System.nanoTime() - last < fill.toNanos()) {
      return false;
    }
    counts.removeProxy(id);
    forgotten.put(id, System.nanoTime());
    return true;
  }

  private static String id(String policy, String key) {
    return Digest.of(policy + "\0" + key);
  }

  private Optional<ConsumptionProbe> take(
      String id, BucketConfiguration configuration, long tokens) {
    // A burst of one user waits here instead of holding a connection for each request. When the
    // limit is reached, the waiting requests need no query.
    synchronized (locks[Math.floorMod(id.hashCode(), locks.length)]) {
      ConsumptionProbe refusal = refusal(id);
      if (refusal != null) {
        return Optional.of(refusal);
      }
      if (isPaused()) {
        return Optional.empty();
      }
      return query(id, configuration, tokens);
    }
  }

  private Optional<ConsumptionProbe> query(
      String id, BucketConfiguration configuration, long tokens) {
    try {
      ConsumptionProbe probe =
          counts.getProxy(id, () -> configuration).tryConsumeAndReturnRemaining(tokens);
      if (!probe.isConsumed() && tokens == 1) {
        refused.put(id, new Refusal(probe, System.nanoTime()));
      }
      return Optional.of(probe);
    } catch (RuntimeException e) { // Bucket4j wraps failures of the driver and the pool
      pausedAt = System.nanoTime();
      LOG.warnf(
          "Shared rate limits are unavailable, this instance counts alone for %d s: %s",
          PAUSE.toSeconds(), e.getMessage());
      return Optional.empty();
    }
  }

  private ConsumptionProbe refusal(String id) {
    Refusal refusal = refused.getIfPresent(id);
    return refusal == null ? null : refusal.now();
  }

  private boolean isPaused() {
    return System.nanoTime() - pausedAt < PAUSE.toNanos();
  }

  @Scheduled(
      every = "${taskward.rate-limit.sweep-every}",
      delayed = "${taskward.rate-limit.sweep-every}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  void sweep() {
    if (counts == null) {
      return;
    }
    try {
      while (counts.removeExpired(SWEEP_BATCH) == SWEEP_BATCH) {
        // each batch is a transaction of its own
      }
    } catch (RuntimeException e) {
      LOG.warnf("Expired rate limits stay until the next sweep: %s", e.getMessage());
    }
  }
}
