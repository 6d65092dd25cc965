package dev.taskward.auth;

import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.hibernate.orm.runtime.PersistenceUnitUtil;
import io.quarkus.hibernate.orm.runtime.tenant.TenantResolver;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import jakarta.enterprise.context.RequestScoped;
import java.util.Optional;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Whose request this is, for every statement: what Hibernate asks before each about an entity with
 * a {@code @TenantId}, and what names the caller to the database. There is no default: without a
 * subject no statement is made.
 */
@PersistenceUnitExtension
@RequestScoped
public class CurrentUser implements TenantResolver {

  private static final PersistenceUnitExtension DEFAULT_UNIT =
      new PersistenceUnitExtension.Literal(PersistenceUnitUtil.DEFAULT_PERSISTENCE_UNIT_NAME);

  /** Stands for the caller of whichever request asks; looked up once, for that takes its time. */
  private static volatile CurrentUser ofRequest;

  private final CurrentIdentityAssociation request;

  /** Null until the request has a verified token and somebody asks, as each statement does. */
  private String subject;

  CurrentUser(CurrentIdentityAssociation request) {
    this.request = request;
  }

  /**
   * The {@code sub} claim of the caller's token, see {@link TokenVerification} for what it can
   * hold.
   *
   * @throws UnauthorizedException if the request has no verified token
   */
  public String subject() {
    return known().orElseThrow(() -> new UnauthorizedException("no verified token"));
  }

  /**
   * Whose request runs on this thread; empty for a job, for the start, and without a verified
   * token.
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

  /** Outside of a request there is no caller, and none is made up. */
  @Override
  public String getDefaultTenantId() {
    throw new IllegalStateException("no caller outside of a request");
  }
}
