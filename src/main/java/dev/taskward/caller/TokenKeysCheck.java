package dev.taskward.caller;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready until there is a key: an instance that knows none would turn everybody away. */
@Readiness
@ApplicationScoped
class TokenKeysCheck implements HealthCheck {

  private final TokenKeys keys;

  TokenKeysCheck(TokenKeys keys) {
    this.keys = keys;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("Token keys").status(!keys.current().isEmpty()).build();
  }
}
