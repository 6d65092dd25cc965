package dev.taskward.auth;

import static dev.taskward.config.EnvironmentConfigSource.KEY_LOCATION;
import static dev.taskward.config.EnvironmentConfigSource.PUBLIC_KEY;
import static dev.taskward.config.EnvironmentConfigSource.SECRET;

import dev.taskward.config.EnvironmentConfigSource;
import dev.taskward.config.SettingsException;
import dev.taskward.config.TaskwardConfig;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Provides the issuer's keys from the configured secret, PEM or JWKS. It fetches the JWKS of a URL
 * at startup, when it is old, and when a token has an unknown {@code kid}. Keys stay until a fetch
 * returns others. jose4j's {@code HttpsJwks} blocks the threads that wait for keys. It has no
 * interval between failed fetches, and takes the maximum age from the issuer's headers.
 */
@Singleton
class TokenKeys {

  private static final Logger LOG = Logger.getLogger(TokenKeys.class);

  /** The longest interval while there is no key. */
  private static final Duration INTERVAL_WITHOUT_KEYS = Duration.ofSeconds(5);

  private final TaskwardConfig.Tokens config;
  private final JwksClient remote;
  private final Vertx vertx;
  private final LongSupplier nanoTime;

  private volatile VerificationKeys current = VerificationKeys.NONE;

  /** Null if there is no JWKS to fetch. */
  private String url;

  /** The keys that are not fetched. Dev mode has its secret in addition to the issuer's keys. */
  private VerificationKeys local;

  /** The last fetch, completed or not. It never fails. Null before the first one. */
  private Future<Void> fetch;

  private long fetchStarted;
  private long timer = -1;
  private volatile long lastSuccess;

  @Inject
  TokenKeys(TaskwardConfig config, JwksClient remote, Vertx vertx) {
    this(config, remote, vertx, System::nanoTime);
  }

  TokenKeys(TaskwardConfig config, JwksClient remote, Vertx vertx, LongSupplier nanoTime) {
    this.config = config.tokens();
    this.remote = remote;
    this.vertx = vertx;
    this.nanoTime = nanoTime;
  }

  void load(
      @Observes StartupEvent start,
      @ConfigProperty(name = SECRET) Optional<String> secret,
      @ConfigProperty(name = PUBLIC_KEY) Optional<String> publicKey,
      @ConfigProperty(name = KEY_LOCATION) Optional<String> location) {
    local = secret.map(VerificationKeys::ofSecret).orElse(VerificationKeys.NONE);
    if (publicKey.filter(EnvironmentConfigSource::isKey).isPresent()) {
      local = local.and(parse(publicKey.get(), "MP_JWT_VERIFY_PUBLICKEY"));
    } else if (location.isPresent() && EnvironmentConfigSource.isHttp(location.get())) {
      url = location.get();
    } else if (location.isPresent()) {
      local = local.and(parse(read(location.get()), "MP_JWT_VERIFY_PUBLICKEY_LOCATION"));
    }
    current = local;
    logIgnored(local);
    if (url != null) {
      warnOfMissingRestrictions();
      fetch();
      timer = vertx.setPeriodic(interval().toMillis(), tick -> fetchIfOld());
    }
  }

  /** Vert.x outlives a live reload. */
  void stop(@Observes ShutdownEvent stop) {
    vertx.cancelTimer(timer);
  }

  /** The current keys; the same object until they change. */
  VerificationKeys current() {
    return current;
  }

  /**
   * Fetches the keys, unless the last fetch began less than the configured interval ago. The result
   * completes with the fetch in progress, within two seconds.
   */
  Future<Void> refresh() {
    return url == null ? Future.succeededFuture() : fetch();
  }

  private synchronized Future<Void> fetch() {
    long now = nanoTime.getAsLong();
    if (fetch == null || fetch.isComplete() && now - fetchStarted >= interval().toNanos()) {
      fetchStarted = now;
      fetch = remote.fetch(url).map(this::use).otherwise(this::keep);
    }
    return fetch;
  }

  private Duration interval() {
    Duration configured = config.jwksRefreshInterval();
    return current.isEmpty() && configured.compareTo(INTERVAL_WITHOUT_KEYS) > 0
        ? INTERVAL_WITHOUT_KEYS
        : configured;
  }

  void fetchIfOld() {
    if (current.isEmpty() || nanoTime.getAsLong() - lastSuccess >= config.jwksMaxAge().toNanos()) {
      fetch();
    }
  }

  private Void use(VerificationKeys fetched) {
    lastSuccess = nanoTime.getAsLong();
    VerificationKeys keys = local.and(fetched);
    if (!keys.equals(current)) {
      LOG.infof("The JWKS has new keys: %s", fetched.ids());
      logIgnored(fetched);
      current = keys;
    }
    return null;
  }

  private static void logIgnored(VerificationKeys keys) {
    keys.ignored().forEach(key -> LOG.infof("A JWK can't verify tokens and is ignored: %s", key));
  }

  private Void keep(Throwable failure) {
    LOG.warnf("The JWKS can't be fetched, the keys stay as they are: %s", failure.getMessage());
    return null;
  }

  private void warnOfMissingRestrictions() {
    if (config.issuer().isEmpty()) {
      LOG.warn(
          "TASKWARD_TOKENS_ISSUER is not set: every issuer with a key in the JWKS is accepted.");
    }
    if (config.audiences().isEmpty()) {
      LOG.warn("TASKWARD_TOKENS_AUDIENCES is not set: tokens for other services are accepted.");
    }
  }

  private static String read(String location) {
    try {
      return Files.readString(Path.of(location.replaceFirst("^file:(//)?", "")));
    } catch (IOException | RuntimeException e) {
      throw new SettingsException("MP_JWT_VERIFY_PUBLICKEY_LOCATION can't be read: " + location);
    }
  }

  private static VerificationKeys parse(String text, String variable) {
    try {
      return VerificationKeys.parse(text);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(variable + " has " + e.getMessage() + ".");
    }
  }
}
