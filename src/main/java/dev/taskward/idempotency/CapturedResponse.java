package dev.taskward.idempotency;

import dev.taskward.conditional.Versioned;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The result of a resource method, which returns a response or only the entity.
 *
 * @param entity null if there is no body
 */
record CapturedResponse(int status, Map<String, List<String>> headers, Object entity) {

  /** The media type of every JSON response. */
  private static final String JSON = MediaType.APPLICATION_JSON + ";charset=UTF-8";

  static CapturedResponse of(Object result) {
    if (result instanceof RestResponse<?> response) {
      return of(response.getStatus(), response.getStringHeaders(), response.getEntity());
    }
    return of(result == null ? 204 : 200, Map.of(), result);
  }

  private static CapturedResponse of(int status, Map<String, List<String>> headers, Object entity) {
    Map<String, List<String>> all = new LinkedHashMap<>(headers);
    if (entity != null) {
      all.putIfAbsent(HttpHeaders.CONTENT_TYPE, List.of(JSON));
    }
    if (entity instanceof Versioned tagged) { // a filter adds it later
      all.put(HttpHeaders.ETAG, List.of(tagged.etag()));
    }
    return new CapturedResponse(status, all, entity);
  }
}
