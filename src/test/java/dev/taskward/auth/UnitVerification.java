package dev.taskward.auth;

import dev.taskward.Issuer;
import dev.taskward.SigningKey;
import dev.taskward.config.TaskwardConfig;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.jwt.auth.principal.ParseException;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Token keys and token verification without a server. The test advances the clock. */
final class UnitVerification implements AutoCloseable {

  static final Vertx VERTX = Vertx.vertx();

  static { // the first fetch in a JVM may be too slow
    Issuer issuer = new Issuer();
    String url = issuer.open();
    issuer.publishes(SigningKey.generate("warm-up", "EdDSA"));
    for (int i = 0; i < 3; i++) {
      client(Optional.empty(), Map.of())
          .fetch(url)
          .otherwiseEmpty()
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }
    issuer.stop();
  }

  final TaskwardConfig config;
  final TokenKeys keys;

  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1_000_000_000); // wraps soon

  UnitVerification(Map<String, String> environment) {
    this(environment, client(Optional.empty(), environment));
  }

  private UnitVerification(Map<String, String> environment, JwksClient client) {
    config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withSources(new EnvConfigSource(environment, 300))
            .withMapping(TaskwardConfig.class)
            .build()
            .getConfigMapping(TaskwardConfig.class);
    keys = new TokenKeys(config, client, VERTX, nanoTime::get);
    keys.load(
        null,
        Optional.ofNullable(environment.get("BETTER_AUTH_SECRET")),
        Optional.ofNullable(environment.get("MP_JWT_VERIFY_PUBLICKEY")),
        Optional.ofNullable(environment.get("MP_JWT_VERIFY_PUBLICKEY_LOCATION")));
  }

  /** Fetches the keys at this location. */
  static UnitVerification ofLocation(String location) throws Exception {
    UnitVerification unit =
        new UnitVerification(Map.of("MP_JWT_VERIFY_PUBLICKEY_LOCATION", location));
    unit.refresh();
    return unit;
  }

  static JwksClient client(Optional<TlsConfiguration> tls, Map<String, String> environment) {
    return new JwksClient(
        VERTX,
        new TlsConfigurationRegistry() {
          @Override
          public Optional<TlsConfiguration> get(String name) {
            return tls;
          }

          @Override
          public Optional<TlsConfiguration> getDefault() {
            return Optional.empty();
          }

          @Override
          public void register(String name, TlsConfiguration configuration) {
            throw new UnsupportedOperationException();
          }
        },
        environment);
  }

  TokenVerification verification() {
    return verification(System::currentTimeMillis);
  }

  TokenVerification verification(LongSupplier currentTimeMillis) {
    return new TokenVerification(config, keys, currentTimeMillis);
  }

  void refresh() throws Exception {
    keys.refresh().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  void advance(String time) {
    nanoTime.addAndGet(Duration.parse("PT" + time).toNanos());
  }

  static boolean accepts(TokenVerification verification, String token) {
    try {
      verification.identity(token);
      return true;
    } catch (ParseException refused) {
      return false;
    }
  }

  @Override
  public void close() {
    keys.stop(null);
  }
}
