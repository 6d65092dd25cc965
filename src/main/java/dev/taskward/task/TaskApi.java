package dev.taskward.task;

import static dev.taskward.common.ApiResource.at;
import static dev.taskward.common.ApiResource.route;

import dev.taskward.common.ApiResource;
import dev.taskward.common.StreamedResponse;
import dev.taskward.config.TaskwardConfig;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/** Contributes the routes of this package to the code that serves every resource. */
final class TaskApi {

  static final String PATH = "/api/v1/tasks";

  static final String CHANGES_PATH = PATH + "/changes";
  static final String BATCH_PATH = PATH + "/batch";
  static final String EXPORT_PATH = PATH + "/export";
  static final String IMPORT_PATH = PATH + "/import";
  static final String ME_PATH = "/api/v1/me";

  private static final long BATCH_MAX_BYTES = 256 * 1024;
  private static final long IMPORT_MAX_BYTES = 8 * 1024 * 1024;

  static final String MERGE_PATCH = "application/merge-patch+json"; // RFC 7396

  @Produces
  @Singleton
  ApiResource me() {
    return new ApiResource(
        "me",
        "tasks",
        List.of(
            route("me", "GET, HEAD, OPTIONS", null),
            route("me/erase", "POST, OPTIONS", null).needing("erase")));
  }

  /** Where agents call {@link TaskTools}. A token with one of the scopes sees all tools. */
  @Produces
  @Singleton
  ApiResource tools(TaskwardConfig config) {
    return new ApiResource(
        "mcp",
        "tasks",
        config.mcp() ? List.of(at("/mcp", "POST", null).needing("read", "write")) : List.of());
  }

  @Produces
  @Singleton
  ApiResource tasks() {
    return ApiResource.of(
        "tasks",
        route("tasks", "GET, HEAD, POST, DELETE, OPTIONS", null)
            .with(
                Map.of("GET", TaskListQuery.PARAMETERS, "DELETE", List.of("deleted")),
                TaskFilter.TAG),
        route("tasks/changes", "GET, HEAD, OPTIONS", null)
            .with(Map.of("GET", TaskChangesResource.PARAMETERS))
            .producing(ApiResource.JSON, StreamedResponse.EVENTS),
        route("tasks/batch", "POST, OPTIONS", null).taking(ApiResource.JSON, BATCH_MAX_BYTES),
        route("tasks/export", "GET, HEAD, OPTIONS", null).producing(ApiResource.NDJSON),
        route("tasks/import", "POST, OPTIONS", null).taking(ApiResource.NDJSON, IMPORT_MAX_BYTES),
        route("tasks/{id}", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", MERGE_PATCH)
            .with(Map.of("GET", List.of("deleted"), "DELETE", List.of("permanent"))),
        route("tasks/{id}/restore", "POST, OPTIONS", null),
        route("tasks/{id}/complete", "PATCH, OPTIONS", "application/json"));
  }
}
