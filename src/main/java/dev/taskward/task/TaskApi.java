package dev.taskward.task;

import static dev.taskward.common.ApiResource.route;

import dev.taskward.common.ApiResource;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Contributes the routes of {@link TaskResource} to the code that serves every resource. */
final class TaskApi {

  static final String PATH = "/api/v1/tasks";

  static final String MERGE_PATCH = "application/merge-patch+json"; // RFC 7396

  @Produces
  @Singleton
  ApiResource resource() {
    return ApiResource.of(
        "tasks",
        route("tasks", "GET, HEAD, POST, OPTIONS", null),
        route("tasks/{id}", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", MERGE_PATCH),
        route("tasks/{id}/restore", "POST, OPTIONS", null),
        route("tasks/{id}/complete", "PATCH, OPTIONS", "application/json"));
  }
}
