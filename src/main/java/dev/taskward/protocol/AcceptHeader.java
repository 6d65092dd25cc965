package dev.taskward.protocol;

import dev.taskward.pipeline.Stage;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Decides whether the client accepts JSON, the only media type of responses with a body (RFC 9110,
 * 12.5.1). The most specific range decides. A quality of 0 means "not acceptable". Quarkus REST
 * gets only the result. On its own it fails at quoted commas, takes 0 for the lowest preference,
 * and checks a DELETE too late.
 */
class AcceptHeader {

  private static final List<String> MOST_SPECIFIC_FIRST =
      List.of("application/json", "application/*", "*/*");

  /** A quoted string, which may hold commas and semicolons. */
  private static final String QUOTED = "\"(?:[^\"\\\\]++|\\\\.)*+\"?";

  private static final Pattern ELEMENT = Pattern.compile("(?:[^,\"]++|" + QUOTED + ")++");

  private static final Pattern NONE =
      Pattern.compile("(?i).*;[ \t]*q=0(?:\\.0{0,3})?[ \t]*(?:;.*)?");

  @ServerRequestFilter(preMatching = true, priority = Stage.ACCEPT)
  void decide(ContainerRequestContext request, RoutingContext routing) {
    // JAX-RS would copy all headers.
    MultiMap headers = routing.request().headers();
    List<String> lines = headers.getAll(HttpHeaders.ACCEPT);
    if (lines.isEmpty() || lines.size() == 1 && MOST_SPECIFIC_FIRST.contains(lines.get(0))) {
      return;
    }
    boolean accepts = request.getMethod().equals(HttpMethod.DELETE) || accepts(lines); // no body
    headers.set(HttpHeaders.ACCEPT, accepts ? "*/*" : "none/none");
  }

  private static boolean accepts(List<String> lines) {
    List<String> elements =
        ELEMENT
            .matcher(String.join(",", lines))
            .results()
            .map(MatchResult::group)
            .filter(element -> !element.isBlank())
            .toList();
    return elements.isEmpty()
        || MOST_SPECIFIC_FIRST.stream()
            .map(range -> elements.stream().filter(e -> isOf(range, e)).findFirst())
            .flatMap(Optional::stream)
            .findFirst()
            .filter(mostSpecific -> !NONE.matcher(mostSpecific.replaceAll(QUOTED, "")).matches())
            .isPresent();
  }

  private static boolean isOf(String range, String element) {
    return range.equalsIgnoreCase(element.replaceFirst(";.*", "").strip());
  }
}
