package dev.taskward.common;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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
   * @param action the second part of its scope; null if it follows from the method
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
      String action) {

    public Route with(Map<String, List<String>> parameters, String... repeatable) {
      return new Route(
          template, path, methods, patch, parameters, Set.of(repeatable), produces, upload, action);
    }

    public Route producing(String... types) {
      return new Route(
          template, path, methods, patch, parameters, repeatable, List.of(types), upload, action);
    }

    public Route taking(String mediaType, long maxBytes) {
      Upload body = new Upload(mediaType, maxBytes);
      return new Route(
          template, path, methods, patch, parameters, repeatable, produces, body, action);
    }

    public Route needing(String action) {
      return new Route(
          template, path, methods, patch, parameters, repeatable, produces, upload, action);
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
    String path = NEWEST + template;
    Pattern pattern = Pattern.compile(path.replaceAll("\\{\\w+}", "[^/]+") + "/?");
    return new Route(path, pattern, methods, patch, Map.of(), Set.of(), List.of(JSON), null, null);
  }

  /** The scope that a token needs for this method, if scopes are required. */
  public String scope(String method) {
    return scope + (isRead(method) ? ":read" : ":write");
  }

  /** Whether a request with this method changes nothing (RFC 9110, 9.2.1). */
  public static boolean isRead(String method) {
    return READS.contains(method);
  }
}
