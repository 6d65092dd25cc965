package dev.taskward.caller;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.http.ProblemException;
import dev.taskward.http.SecurityLog;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Set;

/**
 * Who may go past the router: every caller, or, where the deployment wants scopes, who has the one
 * for what the method does.
 */
@ApplicationScoped
class CallerPolicy implements HttpSecurityPolicy {

  /** RFC 6750, 3.1. */
  private static final String INSUFFICIENT = "Bearer error=\"insufficient_scope\", scope=\"%s\"";

  private static final String READ = "tasks:read";
  private static final String WRITE = "tasks:write";
  private static final Set<HttpMethod> READS =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

  private final boolean scopesRequired;

  CallerPolicy(TaskwardConfig config) {
    this.scopesRequired = config.scopes().required();
  }

  /** What application.properties calls it. */
  @Override
  public String name() {
    return "caller";
  }

  @Override
  public Uni<CheckResult> checkPermission(
      RoutingContext request, Uni<SecurityIdentity> identity, AuthorizationRequestContext context) {
    String scope = READS.contains(request.request().method()) ? READ : WRITE;
    return identity.map(
        caller -> {
          if (caller.isAnonymous()) {
            return CheckResult.DENY;
          }
          if (scopesRequired && !caller.hasRole(scope)) {
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
