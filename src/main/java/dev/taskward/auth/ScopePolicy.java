package dev.taskward.auth;

import dev.taskward.common.ApiResources;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ProblemException;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
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
public class ScopePolicy implements HttpSecurityPolicy {

  private static final String INSUFFICIENT = "insufficient_scope"; // RFC 6750, 3.1

  private final boolean scopesRequired;
  private final ApiResources resources;
  private final ProtectedResource resource;

  ScopePolicy(TaskwardConfig config, ApiResources resources, ProtectedResource resource) {
    this.resources = resources;
    this.resource = resource;
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
          require(scopes, user, request);
          return CheckResult.PERMIT;
        });
  }

  /**
   * Requires one of these scopes of the token of an admitted request, if the deployment requires
   * scopes.
   *
   * @throws ProblemException (403) with a challenge
   */
  public void require(List<String> scopes, RoutingContext request) {
    require(scopes, ((QuarkusHttpUser) request.user()).getSecurityIdentity(), request);
  }

  private void require(List<String> scopes, SecurityIdentity user, RoutingContext request) {
    if (scopesRequired && scopes.stream().noneMatch(user::hasRole)) {
      request
          .response()
          .putHeader(
              HttpHeaders.WWW_AUTHENTICATE, resource.challenge(INSUFFICIENT, scopes, request));
      String scope = String.join(" ", scopes);
      SecurityLog.note(request, SecurityLog.Event.SCOPE_MISSING, scope);
      throw ProblemException.forbidden("The token lacks the scope " + scope + ".");
    }
  }
}
