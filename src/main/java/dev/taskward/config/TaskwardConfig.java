package dev.taskward.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

/** Taskward's own settings; the README's table has them with their environment variables. */
@ConfigMapping(prefix = "taskward")
public interface TaskwardConfig {

  /** Whether another user's task is answered with the 404 of an unknown id instead of 403. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean concealForeignTasks();

  /** The largest body that is read; every task fits, with each character escaped. */
  @WithDefault("64K")
  @WithConverter(Converters.BufferSize.class)
  MemorySize maxBodySize();

  /** Whether the OpenAPI document and Swagger UI are served, to everybody. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean apiDocs();

  /** Whether every request is a line of the log. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean accessLog();

  Cors cors();

  interface Cors {

    /** The origins whose pages browsers may let read answers; none if not set. */
    Optional<Set<String>> origins();
  }

  /** How long a client may take to send the head of a request, from its first byte. */
  @WithDefault("30s")
  @DurationMin(seconds = 1)
  @DurationMax(hours = 1)
  Duration headTimeout();

  /** How long a client may take to send the body of a request. */
  @WithDefault("30s")
  @DurationMin(seconds = 1)
  @DurationMax(hours = 1)
  Duration bodyTimeout();

  /** How long a request may wait for a thread; then it is refused rather than answered late. */
  @WithDefault("3s")
  @DurationMin(millis = 10)
  @DurationMax(minutes = 1)
  Duration maxQueueTime();

  Proxy proxy();

  interface Proxy {

    /** Addresses or networks (CIDR) of proxies whose X-Forwarded-* is believed; none if not set. */
    Optional<List<String>> trusted();
  }

  RateLimit rateLimit();

  interface RateLimit {

    @WithDefault("false")
    @WithConverter(Converters.Switch.class)
    boolean enabled();

    /** Requests of one user in a period, all of which may come at once. */
    @WithDefault("600")
    @Min(1)
    @Max(1_000_000)
    int userRequests();

    /** Requests without a good token from one address in a period. */
    @WithDefault("60")
    @Min(1)
    @Max(1_000_000)
    int addressRequests();

    @WithDefault("1m")
    @DurationMin(seconds = 1)
    @DurationMax(hours = 24)
    Duration period();

    /** {@code memory}: each instance counts for itself; {@code postgresql}: all together. */
    @WithDefault("memory")
    @Pattern(regexp = "memory|postgresql", message = "must be memory or postgresql")
    String store();

    default boolean isShared() {
      return enabled() && store().equals("postgresql");
    }

    /** How often counts that are over are removed from the database. */
    @WithDefault("1h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 7)
    Duration sweepEvery();
  }

  Database database();

  interface Database {

    /** How long the start waits for a database that can't be reached; 0: not at all. */
    @WithDefault("30s")
    @DurationMin
    @DurationMax(hours = 1)
    Duration startTimeout();
  }

  Tasks tasks();

  interface Tasks {

    /** Tasks of one user, deleted ones that can be restored included. */
    @WithDefault("100000")
    @Min(1)
    long quota();
  }

  /**
   * Who migrates the schema: {@code start}, each start; {@code only}, this process, which ends with
   * it; {@code never}, somebody else, and a start finds the schema as it must be or fails.
   */
  @WithDefault("start")
  @Pattern(regexp = "start|only|never", message = "must be start, only or never")
  String migrate();

  Idempotency idempotency();

  /** For how long, and for how many requests, the answers to keyed requests are kept. */
  interface Idempotency {

    /** After which a key is free again. */
    @WithDefault("24h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 365)
    Duration lifetime();

    /** Keys of one user; beyond it the oldest are dropped. */
    @WithDefault("1000")
    @Min(1)
    int maxKeys();

    /** How often expired keys are removed. */
    @WithDefault("1h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 7)
    Duration sweepEvery();
  }

  Tokens tokens();

  Scopes scopes();

  interface Scopes {

    /** Whether a token needs {@code tasks:read} to read tasks and {@code tasks:write} to write. */
    @WithDefault("false")
    @WithConverter(Converters.Switch.class)
    boolean required();
  }

  Trash trash();

  interface Trash {

    /** How long a deleted task can be restored; 0: for ever. */
    @WithDefault("30d")
    @DurationMin
    @DurationMax(days = 36_500)
    Duration retention();

    /** How often each instance looks for deleted tasks that are due to be removed for good. */
    @WithDefault("1h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 7)
    Duration purgeInterval();

    default boolean keepsForEver() {
      return retention().isZero();
    }
  }

  interface Tokens {

    /** How far the issuer's clock may be from ours. */
    @WithDefault("10s")
    @DurationMin
    @DurationMax(minutes = 5)
    Duration clockSkew();

    /** How long a token is accepted from its {@code iat} on; until its {@code exp} if not set. */
    Optional<@DurationMin(seconds = 1) @DurationMax(hours = 24) Duration> maxAge();

    /** The {@code iss} that tokens must have; any if not set. */
    Optional<String> issuer();

    /** Tokens must have one of these in {@code aud}; any if not set. */
    Optional<Set<String>> audiences();

    /** The claim that names the caller; some issuers have {@code id} or {@code userId}. */
    @WithDefault("sub")
    String subjectClaim();

    /** The least time between two fetches of a JWKS that tokens with an unknown key cause. */
    @WithDefault("30s")
    @DurationMin(seconds = 1)
    @DurationMax(days = 1)
    Duration jwksRefreshInterval();

    /**
     * The age at which a JWKS is fetched anew, so that a key which its issuer withdrew is gone;
     * looked at once an interval.
     */
    @WithDefault("5m")
    @DurationMin(seconds = 1)
    @DurationMax(days = 1)
    Duration jwksMaxAge();

    /** How many verified tokens are remembered; zero verifies each one every time. */
    @WithDefault("10000")
    @Min(0)
    @Max(1_000_000)
    int cacheSize();
  }
}
