package dev.taskward.caller;

import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.hibernate.orm.runtime.tenant.TenantResolver;
import io.quarkus.security.UnauthorizedException;
import jakarta.enterprise.context.RequestScoped;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Whose request this is: the only reader of the token's subject, and what Hibernate asks before
 * every statement about an entity with a {@code @TenantId}. There is no default: without a subject
 * no statement is made.
 */
@PersistenceUnitExtension
@RequestScoped
public class Caller implements TenantResolver {

  private final JsonWebToken token;

  Caller(JsonWebToken token) {
    this.token = token;
  }

  /**
   * The {@code sub} claim of the caller's token, see {@link TokenVerification} for what it can
   * hold.
   *
   * @throws UnauthorizedException if the request has no verified token
   */
  public String subject() {
    String subject = token.getSubject();
    if (subject == null) {
      throw new UnauthorizedException("no verified token");
    }
    return subject;
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
