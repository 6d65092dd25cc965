package dev.taskward.auth;

import dev.taskward.common.ApiResources;
import dev.taskward.observability.SecurityLog;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.ProblemException;
import dev.taskward.ratelimit.RateLimits;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.jwt.auth.principal.ParseException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.function.Function;

/**
 * Authenticates requests by bearer token (RFC 6750). A token with an unknown key gets a second try
 * after a refresh of the keys. Unlike Quarkus' own mechanism, it sends a problem document with a
 * 401, and does not create a new identity for each request.
 */
@Alternative
@Priority(1)
@ApplicationScoped
class BearerAuthentication implements HttpAuthenticationMechanism {

  /** Only for requests with a token (RFC 6750, 3.1). */
  private static final String INVALID_TOKEN = "invalid_token";

  private static final String SCHEME = "Bearer ";

  private final TokenVerification verification;
  private final TokenKeys keys;
  private final RateLimits limits;
  private final ProtectedResource resource;
  private final ApiResources resources;

  BearerAuthentication(
      TokenVerification verification,
      TokenKeys keys,
      RateLimits limits,
      ProtectedResource resource,
      ApiResources resources) {
    this.verification = verification;
    this.keys = keys;
    this.limits = limits;
    this.resource = resource;
    this.resources = resources;
  }

  @Override
  public Uni<Boolean> sendChallenge(RoutingContext request) {
    List<String> sent = request.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    boolean hasToken = sent.stream().anyMatch(header -> header.matches("(?i)bearer +\\S.*"));
    List<String> scopes =
        resources.scopes(request.request().method().name(), request.normalizedPath());
    String challenge = resource.challenge(hasToken ? INVALID_TOKEN : null, scopes, request);
    request.response().putHeader(HttpHeaders.WWW_AUTHENTICATE, challenge);
    return Uni.createFrom()
        .completionStage(() -> limits.unauthenticated(request).toCompletionStage())
        .invoke(status -> ErrorResponses.send(status, request))
        .replaceWith(true);
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identityProviders) {
    List<String> sent = request.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    if (sent.size() > 1) {
      // A proxy may have checked the other one.
      return refused(request, "several Authorization headers");
    }
    if (sent.isEmpty() || !sent.get(0).regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Uni.createFrom().nullItem();
    }
    String token = afterSpaces(sent.get(0), SCHEME.length());
    return identity(
        token,
        first ->
            isOfUnknownKey(first)
                ? refreshKeys()
                    .chain(() -> identity(token, second -> refused(request, second.getMessage())))
                : refused(request, first.getMessage()));
  }

  /** Skips the spaces before the token: RFC 6750, 2.1 allows several. */
  private static String afterSpaces(String header, int from) {
    int start = from;
    while (start < header.length() && header.charAt(start) == ' ') {
      start++;
    }
    return header.substring(start);
  }

  private Uni<SecurityIdentity> identity(
      String token, Function<ParseException, Uni<SecurityIdentity>> otherwise) {
    try {
      return Uni.createFrom().item(verification.identity(token));
    } catch (ParseException e) {
      return otherwise.apply(e);
    }
  }

  /**
   * @param reason without text of the client, see {@link TokenVerification}
   */
  private static Uni<SecurityIdentity> refused(RoutingContext request, String reason) {
    SecurityLog.note(request, SecurityLog.Event.TOKEN_REFUSED, reason);
    return Uni.createFrom().failure(new AuthenticationFailedException());
  }

  /** Fails with 503 if there is no key: the token may be valid. */
  private Uni<Void> refreshKeys() {
    Context request = Vertx.currentContext();
    return Uni.createFrom()
        .completionStage(() -> keys.refresh().toCompletionStage())
        .emitOn(next -> request.runOnContext(back -> next.run()))
        .invoke(
            () -> {
              if (keys.current().isEmpty()) {
                throw ProblemException.unavailable();
              }
            });
  }

  private static boolean isOfUnknownKey(Throwable failure) {
    return failure != null
        && (failure instanceof VerificationKeys.UnknownKeyException
            || isOfUnknownKey(failure.getCause()));
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext request) {
    return Uni.createFrom().item(new ChallengeData(401, HttpHeaders.WWW_AUTHENTICATE, "Bearer"));
  }
}
