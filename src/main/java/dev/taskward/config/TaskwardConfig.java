package dev.taskward.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Taskward's own settings; the README's table has them with their environment variables. */
@ConfigMapping(prefix = "taskward")
public interface TaskwardConfig {

  /** Whether another user's task is answered with the 404 of an unknown id instead of 403. */
  @WithDefault("false")
  boolean concealForeignTasks();

  /** The largest body that is read; every task fits, with each character escaped. */
  @WithDefault("64K")
  MemorySize maxBodySize();

  Idempotency idempotency();

  /** For how long, and for how many requests, the answers to keyed requests are kept. */
  interface Idempotency {

    /** After which a key is free again. */
    @WithDefault("24h")
    Duration lifetime();

    /** Keys of one user; beyond it the oldest are dropped. */
    @WithDefault("1000")
    @Min(1)
    int maxKeys();

    /** How often expired keys are removed. */
    @WithDefault("1h")
    Duration sweepEvery();
  }

  Tokens tokens();

  interface Tokens {

    /** How far the issuer's clock may be from ours. */
    @WithDefault("10s")
    Duration clockSkew();

    /** The {@code iss} that tokens must have; any if not set. */
    Optional<String> issuer();

    /** Tokens must have one of these in {@code aud}; any if not set. */
    Optional<Set<String>> audiences();

    /** The claim that names the caller; some issuers have {@code id} or {@code userId}. */
    @WithDefault("sub")
    String subjectClaim();
  }
}
