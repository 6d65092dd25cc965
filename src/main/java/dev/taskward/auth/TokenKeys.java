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
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The keys of the issuer: from the secret, the PEM or the JWKS that is configured. A JWKS behind a
 * URL is fetched at the start, when it is old, and when a token names a key that is not in it. What
 * was fetched stays until a fetch brings a better one; so an issuer that is away stops nobody whose
 * key is known, and lets nobody in.
 */
@ApplicationScoped
class TokenKeys {

  private static final Logger LOG = Logger.getLogger(TokenKeys.class);

  /** The interval while there is no key, and so no token that could be verified. */
  private static final Duration WITHOUT_KEYS = Duration.ofSeconds(5);

  private final TaskwardConfig.Tokens config;
  private final JwksClient remote;
  private final Vertx vertx;

  private volatile VerificationKeys current = VerificationKeys.NONE;

  /** Null if no key has to be fetched. */
  private String url;

  /** The keys that need no fetching: dev mode has its secret beside the issuer's keys. */
  private VerificationKeys local;

  /** The last fetch, under way or ended; it never fails. Null before the first one. */
  private Future<Void> fetch;

  private long fetchStarted;
  private long timer = -1;
  private volatile long lastSuccess;

  TokenKeys(TaskwardConfig config, JwksClient remote, Vertx vertx) {
    this.config = config.tokens();
    this.remote = remote;
    this.vertx = vertx;
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
      warnOfEveryIssuer();
      fetch();
      timer = vertx.setPeriodic(interval().toMillis(), tick -> fetchIfOld());
    }
  }

  /** Vert.x outlives a live reload. */
  void stop(@Observes ShutdownEvent stop) {
    vertx.cancelTimer(timer);
  }

  /** The keys of now. Those of the next moment are another object, if they are others. */
  VerificationKeys current() {
    return current;
  }

  /**
   * Fetches the keys anew, unless that was done less than the configured interval ago. Ends within
   * two seconds, when the fetch that is under way, whoever asked for it, has ended.
   */
  Future<Void> refresh() {
    return url == null ? Future.succeededFuture() : fetch();
  }

  private synchronized Future<Void> fetch() {
    long now = System.nanoTime();
    if (fetch == null || fetch.isComplete() && now - fetchStarted >= interval().toNanos()) {
      fetchStarted = now;
      fetch = remote.fetch(url).map(this::use).otherwise(this::keep);
    }
    return fetch;
  }

  private Duration interval() {
    Duration configured = config.jwksRefreshInterval();
    return current.isEmpty() && configured.compareTo(WITHOUT_KEYS) > 0 ? WITHOUT_KEYS : configured;
  }

  private void fetchIfOld() {
    if (current.isEmpty() || System.nanoTime() - lastSuccess >= config.jwksMaxAge().toNanos()) {
      fetch();
    }
  }

  private Void use(VerificationKeys fetched) {
    lastSuccess = System.nanoTime();
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

  private void warnOfEveryIssuer() {
    if (config.issuer().isEmpty()) {
      LOG.warn("TASKWARD_TOKENS_ISSUER is not set: whoever the JWKS has a key of is accepted.");
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
