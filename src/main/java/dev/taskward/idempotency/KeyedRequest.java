package dev.taskward.idempotency;

import dev.taskward.auth.CurrentUser;
import dev.taskward.common.Digest;
import dev.taskward.json.JsonBodyReader;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A request with an {@code Idempotency-Key}.
 *
 * @param id a digest of user, method, path and key; a repeat has the same
 * @param fingerprint a digest of the rest of the request; a repeat has the same
 */
record KeyedRequest(UUID id, byte[] fingerprint) {

  @ApplicationScoped
  static class Reader {

    private final ContainerRequestContext request;
    private final CurrentVertxRequest http;
    private final CurrentUser user;

    Reader(
        ContainerRequestContext request,
        CurrentVertxRequest http,
        @PersistenceUnitExtension CurrentUser user) {
      this.request = request;
      this.http = http;
      this.user = user;
    }

    /**
     * Empty if the request has no key.
     *
     * @throws dev.taskward.problem.ProblemException (400) if its key is malformed
     */
    Optional<KeyedRequest> current() {
      List<String> header = request.getHeaders().get(IdempotencyKey.HEADER);
      if (header == null) {
        return Optional.empty();
      }
      String key = IdempotencyKey.parse(header);
      // The path has its version already. A slash at its end makes no difference.
      String path = request.getUriInfo().getPath().replaceAll("/+$", "");
      return Optional.of(
          of(
              digest(user.subject(), request.getMethod(), path, key),
              digest(
                  request.getHeaderString(HttpHeaders.CONTENT_TYPE),
                  request.getHeaderString(HttpHeaders.IF_MATCH),
                  request.getHeaderString(HttpHeaders.IF_NONE_MATCH),
                  http.getCurrent().request().query(),
                  JsonBodyReader.of(http.getCurrent()))));
    }

    /** The same for a change that is no HTTP request of its own, see {@link OncePerKey}. */
    KeyedRequest of(String key, String operation, byte[] input) {
      return of(digest(user.subject(), operation, key), digest(input));
    }

    private static KeyedRequest of(byte[] idDigest, byte[] fingerprint) {
      ByteBuffer id = ByteBuffer.wrap(idDigest);
      return new KeyedRequest(new UUID(id.getLong(), id.getLong()), fingerprint);
    }

    /** SHA-256 of the parts, each after its length, so that no parts run together. */
    private static byte[] digest(Object... parts) {
      MessageDigest digest = Digest.sha256();
      for (Object part : parts) {
        byte[] bytes =
            part instanceof byte[] b
                ? b
                : part == null ? null : part.toString().getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes == null ? -1 : bytes.length).flip());
        if (bytes != null) {
          digest.update(bytes);
        }
      }
      return digest.digest();
    }
  }
}
