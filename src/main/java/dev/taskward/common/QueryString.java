package dev.taskward.common;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The query of a request, as the client sent it. Only {@code &} separates parameters; {@code +} and
 * {@code %20} are spaces. Vert.x, and so JAX-RS, also splits at {@code ;}.
 */
public final class QueryString {

  /** The decoded parameters by name, in the order in which they were sent. */
  public static Map<String, List<String>> parameters(RoutingContext request) {
    String query = request.request().query();
    return query == null ? Map.of() : decode(query);
  }

  /** The query with this value of the parameter at its end, instead of any other. */
  public static String with(String name, String value, RoutingContext request) {
    String query = request.request().query();
    String others =
        query == null
            ? ""
            : Arrays.stream(query.split("&"))
                .filter(pair -> !pair.isEmpty() && !decode(pair).containsKey(name))
                .map(pair -> pair + '&')
                .collect(Collectors.joining());
    return others + name + '=' + value;
  }

  /** As {@link #parameters}. */
  public static Map<String, List<String>> decode(String query) {
    return new QueryStringDecoder(query, StandardCharsets.UTF_8, false, Integer.MAX_VALUE, true)
        .parameters();
  }

  private QueryString() {}
}
