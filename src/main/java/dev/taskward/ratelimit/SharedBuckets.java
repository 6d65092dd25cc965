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
 * The rate limits' counts in the database, where all instances see them: a row each, locked while
 * one is taken ({@code select … for update}), in a transaction of its own, so that it holds behind
 * a pooler, too. It goes past Hibernate, for there may be no caller yet; no row is a user's.
 *
 * <p>Who is over his limit is refused without asking again until something can have come back, so
 * no flood of requests reaches the database. When that is away, each instance counts for itself.
 */
@ApplicationScoped
class SharedBuckets {

  private static final Logger LOG = Logger.getLogger(SharedBuckets.class);

  private static final int REFUSED_MAX = 100_000;
  private static final int SWEEP_BATCH = 1_000;
  private static final int TURNS = 256;

  /** Who waits for a row waits for the other instances' requests of the same user. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** For which a database that failed is not asked, so that no request waits for it twice. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /**
   * @param since of {@link System#nanoTime}
   */
  private record Refusal(ConsumptionProbe probe, long since) {

    /** What the database would say now; null when it has to be asked. */
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

  /** Null where each instance counts for itself. */
  private final PostgreSQLSelectForUpdateBasedProxyManager<String> counts;

  private final Vertx vertx;
  private final Cache<String, Refusal> refused =
      Caffeine.newBuilder().maximumSize(REFUSED_MAX).build();

  /** Whoever counts for the same user takes turns; users who share one do, too. */
  private final Object[] turns = Stream.generate(Object::new).limit(TURNS).toArray();

  private volatile long pausedAt = System.nanoTime() - PAUSE.toNanos();

  SharedBuckets(TaskwardConfig config, DataSource database, Vertx vertx) {
    this.vertx = vertx;
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
   * Takes one of what is left, on a thread that may wait for the database; the result is told on
   * the caller's own. Empty if instances do not share what they count, or can't at the moment.
   *
   * @param policy what the limit is; another one is another count
   * @param key who is limited; only a digest of it is stored
   */
  Future<Optional<ConsumptionProbe>> take(
      String policy, String key, BucketConfiguration configuration) {
    if (counts == null || isPaused()) {
      return Future.succeededFuture(Optional.empty());
    }
    String id = Digest.of(policy + "\0" + key);
    ConsumptionProbe refusal = refusal(id);
    if (refusal != null) {
      return Future.succeededFuture(Optional.of(refusal));
    }
    return vertx
        .executeBlocking(() -> take(id, configuration), false)
        .otherwise(Optional.empty()); // no thread is left
  }

  private Optional<ConsumptionProbe> take(String id, BucketConfiguration configuration) {
    // So that a burst of one user waits here, and does not hold a connection for each request; and
    // when he is over the limit, those who waited need not ask.
    synchronized (turns[Math.floorMod(id.hashCode(), turns.length)]) {
      ConsumptionProbe refusal = refusal(id);
      if (refusal != null) {
        return Optional.of(refusal);
      }
      if (isPaused()) {
        return Optional.empty();
      }
      return ask(id, configuration);
    }
  }

  private Optional<ConsumptionProbe> ask(String id, BucketConfiguration configuration) {
    try {
      ConsumptionProbe probe =
          counts.getProxy(id, () -> configuration).tryConsumeAndReturnRemaining(1);
      if (!probe.isConsumed()) {
        refused.put(id, new Refusal(probe, System.nanoTime()));
      }
      return Optional.of(probe);
    } catch (RuntimeException e) { // Bucket4j's own, around what the driver or the pool said
      pausedAt = System.nanoTime();
      LOG.warnf("Rate limits are counted by this instance for the moment: %s", e.getMessage());
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
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void sweep() {
    if (counts == null) {
      return;
    }
    try {
      while (counts.removeExpired(SWEEP_BATCH) == SWEEP_BATCH) {
        // each batch is a transaction of its own
      }
    } catch (RuntimeException e) {
      LOG.warnf("Rate limits that are over stay until the next sweep: %s", e.getMessage());
    }
  }
}
