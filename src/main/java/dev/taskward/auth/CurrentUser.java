package dev.taskward.auth;

import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.hibernate.orm.runtime.PersistenceUnitUtil;
import io.quarkus.hibernate.orm.runtime.tenant.TenantResolver;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import jakarta.enterprise.context.RequestScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * The user of the current request. Hibernate asks it before every statement on an entity with a
 * {@code @TenantId}, and it gives the user to the database. There is no default: without a subject
 * no statement runs.
 */
@PersistenceUnitExtension
@RequestScoped
public class CurrentUser implements TenantResolver {

  private static final PersistenceUnitExtension DEFAULT_UNIT =
      new PersistenceUnitExtension.Literal(PersistenceUnitUtil.DEFAULT_PERSISTENCE_UNIT_NAME);

  /** The proxy for all requests, looked up once because a lookup is slow. */
  private static volatile CurrentUser ofRequest;

  private final CurrentIdentityAssociation request;

  /** Null until the first call in a request with a verified token. */
  private String subject;

  CurrentUser(CurrentIdentityAssociation request) {
    this.request = request;
  }

  /**
   * Returns the subject of the user's token, see {@link TokenVerification} for its bounds.
   *
   * @throws UnauthorizedException if the request has no verified token
   */
  public String subject() {
    return known().orElseThrow(() -> new UnauthorizedException("no verified token"));
  }

  /**
   * Names the user of work that no token asks for, such as an erasure by the operator. No request
   * calls it.
   *
   * @throws IllegalStateException if there is a user already
   */
  public void actFor(String user) {
    if (known().isPresent()) {
      throw new IllegalStateException("there is a user already");
    }
    subject = user;
  }

  /** Returns the end of the token's life. */
  public Instant expiresAt() {
    JsonWebToken token = (JsonWebToken) request.getIdentity().getPrincipal();
    return Instant.ofEpochSecond(token.getExpirationTime());
  }

  /** Returns the scopes of the token, sorted. */
  public List<String> scopes() {
    return request.getIdentity().getRoles().stream().sorted().toList();
  }

  /**
   * Returns the user of the request on this thread; empty in jobs, at the start, and without a
   * verified token.
   */
  public static Optional<String> ofThisThread() {
    ArcContainer container = Arc.container();
    if (container == null || !container.requestContext().isActive()) {
      return Optional.empty();
    }
    CurrentUser current = ofRequest;
    if (current == null) {
      ofRequest = current = container.select(CurrentUser.class, DEFAULT_UNIT).get();
    }
    return current.known();
  }

  Optional<String> known() {
    if (subject == null && request.getIdentity().getPrincipal() instanceof JsonWebToken token) {
      subject = token.getSubject();
    }
    return Optional.ofNullable(subject);
  }

  @Override
  public String resolveTenantId() {
    return subject();
  }

  /** Fails: outside of a request there is no user. */
  @Override
  public String getDefaultTenantId() {
    throw new IllegalStateException("no user outside of a request");
  }
}
