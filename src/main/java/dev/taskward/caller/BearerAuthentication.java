package dev.taskward.caller;

import dev.taskward.http.ErrorResponses;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.smallrye.jwt.runtime.auth.JWTAuthMechanism;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import java.util.Set;

/** Quarkus' bearer authentication, with a problem document as the body of its 401. */
@Alternative
@Priority(1)
@ApplicationScoped
class BearerAuthentication implements HttpAuthenticationMechanism {

  private final JWTAuthMechanism jwt;

  BearerAuthentication(JWTAuthMechanism jwt) {
    this.jwt = jwt;
  }

  @Override
  public Uni<Boolean> sendChallenge(RoutingContext request) {
    ErrorResponses.send(401, request);
    return Uni.createFrom().item(true);
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identityProviders) {
    return jwt.authenticate(request, identityProviders);
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext request) {
    return jwt.getChallenge(request);
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return jwt.getCredentialTypes();
  }

  @Override
  public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext request) {
    return jwt.getCredentialTransport(request);
  }
}
