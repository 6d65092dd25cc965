package dev.taskward.auth;

import dev.taskward.common.ApiResource;
import dev.taskward.common.ApiResources;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says where tokens come from: by metadata (RFC 9728) that needs no token, and by challenges that
 * name it. All URLs are of {@code TASKWARD_PUBLIC_URL}, never of the request. Without this setting
 * there is no metadata.
 */
@ApplicationScoped
public class ProtectedResource implements RequestFilters {

  private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

  private static final String READS = "GET, HEAD";

  private final TaskwardConfig config;
  private final ApiResources resources;

  /** Without a slash at its end; empty if it is not set. */
  private final Optional<String> publicUrl;

  /** The documents by their path. */
  private final Map<String, String> documents = new HashMap<>();

  ProtectedResource(TaskwardConfig config, ApiResources resources) {
    this.config = config;
    this.resources = resources;
    this.publicUrl = config.publicUrl().map(url -> url.strip().replaceAll("/+$", ""));
    publicUrl.ifPresent(
        url -> {
          addDocument(url, "");
          resources.unversioned().forEach(path -> addDocument(url, path));
        });
  }

  private void addDocument(String url, String path) {
    JsonObject document =
        new JsonObject()
            .put("resource", url + path)
            .put("scopes_supported", new JsonArray(resources.scopesBelow(path)))
            .put("bearer_methods_supported", JsonArray.of("header"))
            .put("resource_name", "Taskward");
    config
        .tokens()
        .issuer()
        .filter(issuer -> issuer.matches("(?i)https?://.+")) // RFC 8414, 2
        .ifPresent(issuer -> document.put("authorization_servers", JsonArray.of(issuer)));
    if (config.apiDocs()) {
      document.put("resource_documentation", url + "/q/swagger-ui");
    }
    documents.put(WELL_KNOWN + URI.create(url).getRawPath() + path, document.encode());
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return Map.of(Stage.RESOURCE_METADATA, this::serve);
  }

  private void serve(RoutingContext request) {
    String path = request.normalizedPath();
    if (!path.startsWith(WELL_KNOWN)) {
      request.next();
      return;
    }
    String document = documents.get(path);
    HttpMethod method = request.request().method();
    if (document == null) {
      request.fail(404);
    } else if (method != HttpMethod.GET && method != HttpMethod.HEAD) {
      request.response().putHeader(HttpHeaders.ALLOW, READS);
      request.fail(405);
    } else {
      request
          .response()
          .putHeader(HttpHeaders.CONTENT_TYPE, ApiResource.JSON)
          .end(document); // Vert.x sends no body for HEAD
    }
  }

  /**
   * The challenge of a 401 or 403 (RFC 6750, 3; RFC 9728, 5.1).
   *
   * @param error the error code; null if the request has no token
   */
  String challenge(String error, List<String> scopes, RoutingContext request) {
    StringBuilder challenge = new StringBuilder("Bearer");
    boolean isMissingScope = "insufficient_scope".equals(error);
    append("error", error, challenge);
    if (isMissingScope || publicUrl.isPresent()) {
      append("scope", String.join(" ", scopes), challenge);
    }
    publicUrl.ifPresent(url -> append("resource_metadata", metadataUrl(url, request), challenge));
    return challenge.toString();
  }

  private String metadataUrl(String url, RoutingContext request) {
    URI origin = URI.create(url);
    String path = request.normalizedPath().replaceAll("/$", "");
    String resource = resources.unversioned().contains(path) ? path : "";
    return origin
        .resolve("/") // scheme and authority
        .toString()
        .replaceAll("/$", WELL_KNOWN + origin.getRawPath() + resource);
  }

  private static void append(String name, String value, StringBuilder challenge) {
    if (value != null) {
      challenge.append(challenge.indexOf("=") < 0 ? " " : ", ");
      challenge.append(name).append("=\"").append(value).append('"');
    }
  }
}
