package dev.taskward.auth;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready until there is a key: an instance that knows none would turn everybody away. */
@Readiness
@ApplicationScoped
class TokenKeysReadiness implements HealthCheck {

  private final TokenKeys keys;

  TokenKeysReadiness(TokenKeys keys) {
    this.keys = keys;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("Token keys").status(!keys.current().isEmpty()).build();
  }
}
