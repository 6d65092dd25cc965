package dev.taskward.common;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** All resources of the API. */
@ApplicationScoped
public class ApiResources {

  private final List<ApiResource> resources;
  private final List<ApiResource.Route> routes;

  /** Routes that do not produce JSON, or not only. */
  private final List<ApiResource.Route> streams;

  private final List<ApiResource.Route> uploads;

  ApiResources(@All List<ApiResource> resources) {
    this.resources = resources;
    this.routes = resources.stream().flatMap(resource -> resource.routes().stream()).toList();
    this.streams =
        routes.stream()
            .filter(route -> !route.produces().equals(List.of(ApiResource.JSON)))
            .toList();
    this.uploads = routes.stream().filter(route -> route.upload() != null).toList();
  }

  /** What a GET of this path can return, if it is not only JSON. */
  public Optional<List<String>> streams(String path) {
    return find(streams, path).map(ApiResource.Route::produces);
  }

  /** The size limits of bodies that differ from the usual one. */
  public List<Long> bodyLimits() {
    return uploads.stream().map(route -> route.upload().maxBytes()).toList();
  }

  /** The size limit of bodies sent to this path, if it differs from the usual one. */
  public Optional<Long> bodyLimit(String path) {
    return find(uploads, path).map(route -> route.upload().maxBytes());
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
    return find(routes, path);
  }

  /** JAX-RS ignores matrix parameters, too. */
  private Optional<ApiResource.Route> find(List<ApiResource.Route> routes, String path) {
    String newest = newest(path.indexOf(';') < 0 ? path : path.replaceAll(";[^/]*", ""));
    return routes.stream().filter(route -> route.path().matcher(newest).matches()).findFirst();
  }

  /** The paths of the routes without a version. */
  public List<String> unversioned() {
    return routes.stream()
        .map(ApiResource.Route::template)
        .filter(template -> !template.startsWith(ApiResource.NEWEST))
        .toList();
  }

  /** This request needs one of these scopes. If no resource has the path, they are those of all. */
  public List<String> scopes(String method, String path) {
    Optional<ApiResource.Route> route = route(path);
    String newest = newest(path);
    List<ApiResource> found =
        resources.stream()
            .filter(
                resource ->
                    isBelow(ApiResource.NEWEST + resource.name(), newest)
                        || route.filter(resource.routes()::contains).isPresent())
            .toList();
    return (found.isEmpty() ? resources : found)
        .stream().flatMap(resource -> resource.scopes(method, route)).distinct().toList();
  }

  /** All scopes of the routes at or below this path. */
  public List<String> scopesBelow(String path) {
    return resources.stream()
        .flatMap(
            resource ->
                resource.routes().stream()
                    .filter(route -> isBelow(path, route.template()))
                    .flatMap(
                        route ->
                            Arrays.stream(route.methods().split(", "))
                                .flatMap(method -> resource.scopes(method, Optional.of(route)))))
        .distinct()
        .sorted()
        .toList();
  }

  /** The media type of bodies that this method reads at this path. */
  public String bodyType(String method, String path) {
    return route(path)
        .map(
            route ->
                switch (method) {
                  case "PATCH" -> route.patch();
                  case "POST" -> route.upload() == null ? null : route.upload().mediaType();
                  default -> null;
                })
        .orElse(ApiResource.JSON);
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
