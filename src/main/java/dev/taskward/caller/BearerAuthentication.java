package dev.taskward.caller;

import dev.taskward.http.ErrorResponses;
import dev.taskward.http.ProblemException;
import dev.taskward.http.RateLimits;
import dev.taskward.http.SecurityLog;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.smallrye.jwt.runtime.auth.JWTAuthMechanism;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.jwt.auth.principal.ParseException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.Set;

/**
 * Quarkus' bearer authentication (RFC 6750), with a problem document as the body of its 401, and a
 * second try with fresh keys for a token whose key is unknown.
 */
@Alternative
@Priority(1)
@ApplicationScoped
class BearerAuthentication implements HttpAuthenticationMechanism {

  /** RFC 6750, 3.1: an error is told only to who sent a token. */
  private static final String INVALID_TOKEN = "Bearer error=\"invalid_token\"";

  private final JWTAuthMechanism jwt;
  private final TokenKeys keys;
  private final RateLimits limits;

  BearerAuthentication(JWTAuthMechanism jwt, TokenKeys keys, RateLimits limits) {
    this.jwt = jwt;
    this.keys = keys;
    this.limits = limits;
  }

  @Override
  public Uni<Boolean> sendChallenge(RoutingContext request) {
    List<String> sent = request.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    if (sent.stream().anyMatch(header -> header.matches("(?i)bearer +\\S.*"))) {
      request.response().putHeader(HttpHeaders.WWW_AUTHENTICATE, INVALID_TOKEN);
    }
    return Uni.createFrom()
        .completionStage(() -> limits.unauthenticated(request).toCompletionStage())
        .invoke(status -> ErrorResponses.send(status, request))
        .replaceWith(true);
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identityProviders) {
    if (request.request().headers().getAll(HttpHeaders.AUTHORIZATION).size() > 1) {
      // Whoever stands in front may have looked at another one.
      refused(request, "several Authorization headers");
      return Uni.createFrom().failure(new AuthenticationFailedException());
    }
    return verify(request, identityProviders)
        .onFailure(BearerAuthentication::isForWantOfAKey)
        .recoverWithUni(() -> refreshKeys().chain(() -> verify(request, identityProviders)))
        .onFailure(AuthenticationFailedException.class)
        .invoke(failure -> refused(request, reason(failure)));
  }

  private static void refused(RoutingContext request, String reason) {
    SecurityLog.note(request, SecurityLog.Event.TOKEN_REFUSED, reason);
  }

  /** As {@link TokenVerification} says it: the words are ours. */
  private static String reason(Throwable failure) {
    if (failure == null) {
      return TokenVerification.MALFORMED;
    }
    return failure instanceof ParseException ? failure.getMessage() : reason(failure.getCause());
  }

  private Uni<SecurityIdentity> verify(
      RoutingContext request, IdentityProviderManager identityProviders) {
    Uni<SecurityIdentity> identity = jwt.authenticate(request, identityProviders);
    // Quarkus' mechanism has put itself here, as the one that sends the challenge.
    request.put(HttpAuthenticationMechanism.class.getName(), this);
    return identity;
  }

  private Uni<Void> refreshKeys() {
    Context request = Vertx.currentContext();
    return Uni.createFrom()
        .emitter(
            refreshed ->
                keys.refresh()
                    .onComplete(
                        ended -> request.runOnContext(back -> continueWithKeys(refreshed))));
  }

  private void continueWithKeys(UniEmitter<? super Void> refreshed) {
    if (keys.current().isEmpty()) {
      // Nobody's fault who sends a token: it can't be told whether it is good.
      refreshed.fail(ProblemException.unavailable());
    } else {
      refreshed.complete(null);
    }
  }

  private static boolean isForWantOfAKey(Throwable failure) {
    return failure != null
        && (failure instanceof VerificationKeys.UnknownKeyException
            || isForWantOfAKey(failure.getCause()));
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
