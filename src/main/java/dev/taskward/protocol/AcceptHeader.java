package dev.taskward.protocol;

import static dev.taskward.common.ApiResource.JSON;

import dev.taskward.common.ApiResources;
import dev.taskward.common.StreamedResponse;
import dev.taskward.pipeline.Stage;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Decides whether the client accepts JSON, the media type of responses with a body (RFC 9110,
 * 12.5.1), or wants a stream where there is one. The most specific range decides. A quality of 0
 * means "not acceptable". Quarkus REST gets only the result. On its own it fails at quoted commas,
 * takes 0 for the lowest preference, and checks a DELETE too late.
 */
@Singleton
class AcceptHeader {

  private static final List<String> MOST_SPECIFIC_FIRST = mostSpecificFirst(JSON);

  /** A quoted string, which may hold commas and semicolons. */
  private static final String QUOTED = "\"(?:[^\"\\\\]++|\\\\.)*+\"?";

  private static final Pattern ELEMENT = Pattern.compile("(?:[^,\"]++|" + QUOTED + ")++");

  private static final Pattern NONE =
      Pattern.compile("(?i).*;[ \t]*q=0(?:\\.0{0,3})?[ \t]*(?:;.*)?");

  private final ApiResources resources;

  AcceptHeader(ApiResources resources) {
    this.resources = resources;
  }

  @ServerRequestFilter(preMatching = true, priority = Stage.ACCEPT)
  void decide(ContainerRequestContext request, RoutingContext routing) {
    // JAX-RS would copy all headers.
    MultiMap headers = routing.request().headers();
    List<String> lines = headers.getAll(HttpHeaders.ACCEPT);
    Optional<List<String>> streams = resources.streams(routing.normalizedPath());
    if (streams.isPresent()) {
      headers.set(HttpHeaders.ACCEPT, ofStreams(streams.get(), request.getMethod(), lines));
      return;
    }
    if (lines.isEmpty() || lines.size() == 1 && MOST_SPECIFIC_FIRST.contains(lines.get(0))) {
      return;
    }
    boolean accepts = request.getMethod().equals(HttpMethod.DELETE) || accepts(lines); // no body
    headers.set(HttpHeaders.ACCEPT, accepts ? "*/*" : "none/none");
  }

  /**
   * The media type of a response that can be streamed. Where JSON is possible, too, the stream
   * comes only if the header names it and does not name JSON. With two resources for one path,
   * Quarkus REST would return an unacceptable type.
   */
  private static String ofStreams(List<String> produced, String method, List<String> lines) {
    if (!produced.contains(JSON)) {
      String only = produced.get(0);
      List<String> elements = elements(lines);
      if (!elements.isEmpty() && !accepts(elements, mostSpecificFirst(only))) {
        throw new NotAcceptableException();
      }
      return only;
    }
    if (!method.equals(HttpMethod.GET)) {
      return JSON;
    }
    List<String> elements = elements(lines);
    if (accepts(elements, List.of(StreamedResponse.EVENTS)) && !accepts(elements, List.of(JSON))) {
      return StreamedResponse.EVENTS;
    }
    if (!accepts(lines)) {
      throw new NotAcceptableException();
    }
    return JSON;
  }

  /** The ranges that match a subtype of application. */
  private static List<String> mostSpecificFirst(String type) {
    return List.of(type, "application/*", "*/*");
  }

  private static boolean accepts(List<String> lines) {
    List<String> elements = elements(lines);
    return elements.isEmpty() || accepts(elements, MOST_SPECIFIC_FIRST);
  }

  private static List<String> elements(List<String> lines) {
    return ELEMENT
        .matcher(String.join(",", lines))
        .results()
        .map(MatchResult::group)
        .filter(element -> !element.isBlank())
        .toList();
  }

  private static boolean accepts(List<String> elements, List<String> mostSpecificFirst) {
    return mostSpecificFirst.stream()
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
