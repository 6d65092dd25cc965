package dev.taskward.dev;

import dev.taskward.config.EnvironmentConfigSource;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ProblemException;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.smallrye.jwt.build.Jwt;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Issues a token for any user name and ignores the password. Swagger UI uses it as OAuth 2.0 token
 * endpoint (RFC 6749, 4.3).
 */
@ApplicationScoped
class SignIn {

  static final String PATH = "/dev/token";

  private static final Duration LIFETIME = Duration.ofHours(24);

  private final String secret;
  private final TaskwardConfig.Tokens tokens;

  SignIn(
      @ConfigProperty(name = EnvironmentConfigSource.SECRET) String secret, TaskwardConfig config) {
    this.secret = secret;
    this.tokens = config.tokens();
  }

  void route(@Observes Router router) {
    router.post(PATH).handler(this::answer);
  }

  /** A token that meets the settings. */
  String token(String user) {
    Instant now = Instant.now();
    return Jwt.issuer(tokens.issuer().orElse("taskward-dev"))
        .audience(tokens.audiences().orElse(Set.of("taskward")))
        .subject(user)
        .claim(tokens.subjectClaim(), user)
        .scope("tasks:read tasks:write tasks:erase")
        .issuedAt(now)
        .expiresAt(now.plus(LIFETIME))
        .signWithSecret(secret);
  }

  /** The user name of the form; null if it is absent or malformed. */
  private static String username(RoutingContext request) {
    String form = Objects.requireNonNullElse(request.body().asString(), "");
    try {
      return new QueryStringDecoder(form, false)
          .parameters().getOrDefault("username", List.of()).stream().findFirst().orElse(null);
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }

  private void answer(RoutingContext request) {
    String user = username(request);
    if (user == null || user.isBlank()) {
      request.fail(ProblemException.invalid("username", "must not be blank"));
      return;
    }
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(
            JsonObject.of(
                    "access_token",
                    token(user),
                    "token_type",
                    "Bearer",
                    "expires_in",
                    LIFETIME.toSeconds())
                .encode());
  }
}
