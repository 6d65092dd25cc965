package dev.taskward.auth;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Is down until there is a key: without one, the instance can verify no token. */
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
