package dev.taskward.common;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All resources of the API. */
@ApplicationScoped
public class ApiResources {

  private final List<ApiResource> resources;
  private final List<ApiResource.Route> streams;

  ApiResources(@All List<ApiResource> resources) {
    this.resources = resources;
    this.streams =
        resources.stream()
            .flatMap(resource -> resource.routes().stream())
            .filter(ApiResource.Route::streams)
            .toList();
  }

  /** Whether the response to a GET of this path can be an event stream. */
  public boolean streams(String path) {
    String plain = path.indexOf(';') < 0 ? path : path.replaceAll(";[^/]*", ""); // as JAX-RS does
    return streams.stream().anyMatch(route -> route.path().matcher(newest(plain)).matches());
  }

  /**
   * The route of a URI, normalised and decoded as JAX-RS does: an encoded slash is no separator.
   */
  public Optional<ApiResource.Route> route(URI uri) {
    String path = uri.getRawPath();
    if (path.indexOf('%') < 0 && !path.contains("/.") && !path.contains("//")) {
      return route(path); // as nearly always
    }
    String raw = path.replaceAll("(?i)%2F", "-").replaceAll("(?i)%2E", ".");
    return route(URI.create(raw).normalize().getPath());
  }

  /** The route of a decoded path, with a version or without. */
  public Optional<ApiResource.Route> route(String path) {
    String newest = newest(path);
    return resources.stream()
        .flatMap(resource -> resource.routes().stream())
        .filter(route -> route.path().matcher(newest).matches())
        .findFirst();
  }

  /** This request needs one of these scopes. If no resource has the path, they are those of all. */
  public List<String> scopes(String method, String path) {
    String newest = newest(path);
    List<ApiResource> found =
        resources.stream()
            .filter(resource -> isBelow(ApiResource.NEWEST + resource.name(), newest))
            .toList();
    return (found.isEmpty() ? resources : found)
        .stream().map(resource -> resource.scope(method)).distinct().toList();
  }

  /** The media types of bodies, for the detail of a 415. */
  public String mediaTypes() {
    String patches =
        resources.stream()
            .flatMap(resource -> resource.routes().stream())
            .filter(route -> route.patch() != null && !route.patch().equals("application/json"))
            .map(
                route ->
                    ", or %s to PATCH /%s"
                        .formatted(
                            route.patch(), route.template().substring(ApiResource.NEWEST.length())))
            .collect(Collectors.joining());
    return "application/json" + patches;
  }

  /** Whether the path is an alias without a version. */
  public boolean isAlias(String path) {
    return path.startsWith(ApiResource.UNVERSIONED)
        && resources.stream()
            .anyMatch(resource -> isBelow(ApiResource.UNVERSIONED + resource.name(), path));
  }

  private String newest(String path) {
    return isAlias(path)
        ? ApiResource.NEWEST + path.substring(ApiResource.UNVERSIONED.length())
        : path;
  }

  private static boolean isBelow(String collection, String path) {
    return path.startsWith(collection)
        && (path.length() == collection.length() || path.charAt(collection.length()) == '/');
  }
}
