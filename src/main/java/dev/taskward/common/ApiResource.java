package dev.taskward.common;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What generic code needs to know about a resource. The resource's package contributes it as a
 * bean, and {@link ApiResources} finds it by a request's path.
 *
 * @param name the path segment of the collection
 * @param scope the first part of its scopes
 */
public record ApiResource(String name, String scope, List<Route> routes) {

  /** The prefix of the newest version's paths. */
  public static final String NEWEST = "/api/v1/";

  /** The prefix of paths without a version. They are aliases of the newest version's paths. */
  public static final String UNVERSIONED = "/api/";

  public static final String JSON = "application/json";

  /** Newline-delimited JSON: a value a line. */
  public static final String NDJSON = "application/x-ndjson";

  private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

  /** The body of a POST that differs from a small JSON document. */
  public record Upload(String mediaType, long maxBytes) {}

  /**
   * @param template the path of the newest version, with a name in braces for each variable segment
   * @param methods the value of {@code Allow} (RFC 9110, 10.2.1)
   * @param patch the media type that PATCH takes (RFC 5789); null if there is no PATCH
   * @param parameters the query parameters that a method takes
   * @param repeatable the parameters that may come more than once
   * @param produces the media types of the response to a GET
   * @param upload the body of POST; null for JSON of the usual size
   * @param actions the second parts of its scopes, of which a request needs one; empty if they
   *     follow from the method
   */
  public record Route(
      String template,
      Pattern path,
      String methods,
      String patch,
      Map<String, List<String>> parameters,
      Set<String> repeatable,
      List<String> produces,
      Upload upload,
      List<String> actions) {

    public Route with(Map<String, List<String>> parameters, String... repeatable) {
      return new Route(
          template,
          path,
          methods,
          patch,
          parameters,
          Set.of(repeatable),
          produces,
          upload,
          actions);
    }

    public Route producing(String... types) {
      return new Route(
          template, path, methods, patch, parameters, repeatable, List.of(types), upload, actions);
    }

    public Route taking(String mediaType, long maxBytes) {
      Upload body = new Upload(mediaType, maxBytes);
      return new Route(
          template, path, methods, patch, parameters, repeatable, produces, body, actions);
    }

    public Route needing(String... oneOf) {
      return new Route(
          template, path, methods, patch, parameters, repeatable, produces, upload, List.of(oneOf));
    }

    /** HEAD takes those of GET. */
    public List<String> parameters(String method) {
      return parameters.getOrDefault(method.equals("HEAD") ? "GET" : method, List.of());
    }
  }

  /** A resource whose scopes begin with its name. */
  public static ApiResource of(String name, Route... routes) {
    return new ApiResource(name, name, List.of(routes));
  }

  /**
   * @param template below {@link #NEWEST}
   */
  public static Route route(String template, String methods, String patch) {
    return at(NEWEST + template, methods, patch);
  }

  /** A route at a path of its own, without a version. */
  public static Route at(String path, String methods, String patch) {
    Pattern pattern = Pattern.compile(path.replaceAll("\\{\\w+}", "[^/]+") + "/?");
    return new Route(
        path, pattern, methods, patch, Map.of(), Set.of(), List.of(JSON), null, List.of());
  }

  /** The scopes for this method, of which a token needs one, if scopes are required. */
  Stream<String> scopes(String method, Optional<Route> route) {
    List<String> actions = route.map(Route::actions).orElse(List.of());
    return actions.isEmpty()
        ? Stream.of(scope + (isRead(method) ? ":read" : ":write"))
        : actions.stream().map(action -> scope + ":" + action);
  }

  /** Whether a request with this method changes nothing (RFC 9110, 9.2.1). */
  public static boolean isRead(String method) {
    return READS.contains(method);
  }
}
