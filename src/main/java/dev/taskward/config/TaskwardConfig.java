package dev.taskward.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

/** Taskward's own settings, see docs/configuration.md. */
@ConfigMapping(prefix = "taskward")
public interface TaskwardConfig {

  /** Whether requests for another user's task get 404, as for an unknown id, instead of 403. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean concealForeignTasks();

  /** The size limit of a body. Every task fits, even with each character escaped. */
  @WithDefault("64K")
  @WithConverter(Converters.BufferSize.class)
  MemorySize maxBodySize();

  /** Whether the OpenAPI document and Swagger UI are served, without a token. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean apiDocs();

  /** Whether agents can use the tools at {@code /mcp} (Model Context Protocol). */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean mcp();

  /**
   * The URL at which clients reach the service, for the metadata that says where tokens come from
   * (RFC 9728). No metadata if not set.
   */
  Optional<String> publicUrl();

  /** Whether the log has one line for each request. */
  @WithDefault("false")
  @WithConverter(Converters.Switch.class)
  boolean accessLog();

  Cors cors();

  interface Cors {

    /** The origins whose pages can read responses; none if not set. */
    Optional<Set<String>> origins();
  }

  /** The time limit for the head of a request, from its first byte. */
  @WithDefault("30s")
  @DurationMin(seconds = 1)
  @DurationMax(hours = 1)
  Duration headTimeout();

  /** The time limit for the body of a request. */
  @WithDefault("30s")
  @DurationMin(seconds = 1)
  @DurationMax(hours = 1)
  Duration bodyTimeout();

  /** How long a request may wait for a thread. After that it gets 503. */
  @WithDefault("3s")
  @DurationMin(millis = 10)
  @DurationMax(minutes = 1)
  Duration maxQueueTime();

  Proxy proxy();

  interface Proxy {

    /** Addresses or networks (CIDR) of proxies whose X-Forwarded-* is used; none if not set. */
    Optional<List<String>> trusted();
  }

  RateLimit rateLimit();

  interface RateLimit {

    @WithDefault("false")
    @WithConverter(Converters.Switch.class)
    boolean enabled();

    /** Requests of one user per period. All may come at once. */
    @WithDefault("600")
    @Min(1)
    @Max(1_000_000)
    int userRequests();

    /** Requests without a valid token from one address per period. */
    @WithDefault("60")
    @Min(1)
    @Max(1_000_000)
    int addressRequests();

    @WithDefault("1m")
    @DurationMin(seconds = 1)
    @DurationMax(hours = 24)
    Duration period();

    /** {@code memory}: each instance counts alone. {@code postgresql}: all count together. */
    @WithDefault("memory")
    @Pattern(regexp = "memory|postgresql", message = "must be memory or postgresql")
    String store();

    default boolean isShared() {
      return enabled() && store().equals("postgresql");
    }

    /** How often expired counts are removed from the database. */
    @WithDefault("1h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 7)
    Duration sweepEvery();
  }

  Database database();

  interface Database {

    /** How long startup waits for an unavailable database; 0 means not at all. */
    @WithDefault("30s")
    @DurationMin
    @DurationMax(hours = 1)
    Duration startTimeout();
  }

  Tasks tasks();

  interface Tasks {

    /** Tasks of one user, including deleted tasks that can be restored. */
    @WithDefault("100000")
    @Min(1)
    long quota();
  }

  Changes changes();

  /** The streams of changes. */
  interface Changes {

    /** The open streams of an instance. */
    @WithDefault("2000")
    @Min(0)
    int maxStreams();

    /** How often an instance asks for changes by other instances, if it has streams. */
    @WithDefault("1s")
    @DurationMin(seconds = 1)
    @DurationMax(minutes = 1)
    Duration poll();
  }

  /**
   * When this process migrates the schema. {@code start}: at startup. {@code only}: at startup, and
   * then it exits. {@code never}: not at all, and startup fails if the schema does not match.
   */
  @WithDefault("start")
  @Pattern(regexp = "start|only|never", message = "must be start, only or never")
  String migrate();

  /**
   * The user whose data this process erases, before it exits; see docs/operations.md. Not set for
   * the service.
   */
  Optional<String> erase();

  Idempotency idempotency();

  /** How long responses to requests with an {@code Idempotency-Key} are stored, and how many. */
  interface Idempotency {

    /** How long a response is stored. Its key can then be used again. */
    @WithDefault("24h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 365)
    Duration lifetime();

    /** Keys of one user. If there are more, the oldest are deleted. */
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

    /** How long a deleted task can be restored; 0 means forever. */
    @WithDefault("30d")
    @DurationMin
    @DurationMax(days = 36_500)
    Duration retention();

    /** How often each instance removes deleted tasks that can't be restored any more. */
    @WithDefault("1h")
    @DurationMin(seconds = 1)
    @DurationMax(days = 7)
    Duration purgeInterval();

    default boolean keepsForEver() {
      return retention().isZero();
    }

    /** When a task that was deleted at this time may be removed; empty for never. */
    default Optional<Instant> purgeAt(Instant deletedAt) {
      return keepsForEver() ? Optional.empty() : Optional.of(deletedAt.plus(retention()));
    }
  }

  interface Tokens {

    /** The tolerated difference between the issuer's clock and ours. */
    @WithDefault("10s")
    @DurationMin
    @DurationMax(minutes = 5)
    Duration clockSkew();

    /** How long a token is accepted after its {@code iat}; until its {@code exp} if not set. */
    Optional<@DurationMin(seconds = 1) @DurationMax(hours = 24) Duration> maxAge();

    /** The {@code iss} that tokens must have; any if not set. */
    Optional<String> issuer();

    /** Tokens must have one of these in {@code aud}; any if not set. */
    Optional<Set<String>> audiences();

    /** The claim with the user's id. Some issuers use {@code id} or {@code userId}. */
    @WithDefault("sub")
    String subjectClaim();

    /** Whether tokens must have the {@code typ} of RFC 9068, {@code at+jwt}. */
    @WithDefault("false")
    @WithConverter(Converters.Switch.class)
    boolean requireAtJwt();

    /** The minimum time between two fetches of a JWKS for tokens with an unknown key. */
    @WithDefault("30s")
    @DurationMin(seconds = 1)
    @DurationMax(days = 1)
    Duration jwksRefreshInterval();

    /**
     * The age at which a JWKS is fetched again, so that withdrawn keys are dropped. It is checked
     * once per interval.
     */
    @WithDefault("5m")
    @DurationMin(seconds = 1)
    @DurationMax(days = 1)
    Duration jwksMaxAge();

    /** The number of cached verified tokens; with 0 each request verifies its token. */
    @WithDefault("10000")
    @Min(0)
    @Max(1_000_000)
    int cacheSize();
  }
}
