package dev.taskward.auth;

import dev.taskward.common.ApiResources;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ProblemException;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;

/**
 * Permits a request if it has a verified token. If the deployment requires scopes, the token must
 * have the scope of the resource and method, too.
 */
@ApplicationScoped
class ScopePolicy implements HttpSecurityPolicy {

  /** RFC 6750, 3.1. */
  private static final String INSUFFICIENT = "Bearer error=\"insufficient_scope\", scope=\"%s\"";

  private final boolean scopesRequired;
  private final ApiResources resources;

  ScopePolicy(TaskwardConfig config, ApiResources resources) {
    this.resources = resources;
    this.scopesRequired = config.scopes().required();
  }

  /** The name in application.properties. */
  @Override
  public String name() {
    return "token-and-scope";
  }

  @Override
  public Uni<CheckResult> checkPermission(
      RoutingContext request, Uni<SecurityIdentity> identity, AuthorizationRequestContext context) {
    List<String> scopes =
        scopesRequired
            ? resources.scopes(request.request().method().name(), request.normalizedPath())
            : List.of();
    return identity.map(
        user -> {
          if (user.isAnonymous()) {
            return CheckResult.DENY;
          }
          if (scopesRequired && scopes.stream().noneMatch(user::hasRole)) {
            String scope = String.join(" ", scopes);
            request
                .response()
                .putHeader(HttpHeaders.WWW_AUTHENTICATE, INSUFFICIENT.formatted(scope));
            SecurityLog.note(request, SecurityLog.Event.SCOPE_MISSING, scope);
            throw ProblemException.forbidden("The token lacks the scope " + scope + ".");
          }
          return CheckResult.PERMIT;
        });
  }
}
