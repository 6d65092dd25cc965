package dev.taskward.idempotency;

import dev.taskward.http.Tagged;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * What a resource's method answers, whether it returns a response or the entity alone.
 *
 * @param entity null if the answer has no body
 */
record Answer(int status, Map<String, List<String>> headers, Object entity) {

  /** As it is written beside every JSON body. */
  private static final String JSON = MediaType.APPLICATION_JSON + ";charset=UTF-8";

  static Answer of(Object result) {
    if (result instanceof RestResponse<?> response) {
      return of(response.getStatus(), response.getStringHeaders(), response.getEntity());
    }
    return of(result == null ? 204 : 200, Map.of(), result);
  }

  private static Answer of(int status, Map<String, List<String>> headers, Object entity) {
    Map<String, List<String>> all = new LinkedHashMap<>(headers);
    if (entity != null) {
      all.putIfAbsent(HttpHeaders.CONTENT_TYPE, List.of(JSON));
    }
    if (entity instanceof Tagged tagged) { // a filter adds it later
      all.put(HttpHeaders.ETAG, List.of(tagged.etag()));
    }
    return new Answer(status, all, entity);
  }
}
