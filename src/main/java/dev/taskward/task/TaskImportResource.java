package dev.taskward.task;

import dev.taskward.common.ApiResource;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.idempotency.Idempotent;
import dev.taskward.json.JsonBodyReader;
import dev.taskward.json.ValidatedJson;
import dev.taskward.ratelimit.RateLimits;
import io.quarkus.security.Authenticated;
import io.vertx.ext.web.RoutingContext;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Creates the tasks of a file in one transaction. */
@Path(TaskApi.IMPORT_PATH)
@Authenticated
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks")
public class TaskImportResource {

  /** Lines that cost as much as one request. */
  private static final int LINES_PER_TOKEN = 100;

  private final TaskwardConfig config;
  private final ValidatedJson json;
  private final RateLimits limits;

  TaskImportResource(TaskwardConfig config, ValidatedJson json, RateLimits limits) {
    this.config = config;
    this.json = json;
    this.limits = limits;
  }

  @POST
  @Idempotent
  @Consumes(ApiResource.NDJSON)
  @Transactional
  @Operation(
      operationId = "importTasks",
      summary = "Import tasks, all of them or none",
      description =
          "Takes what an export returns: newline-delimited JSON, a task a line, at most 10000 tasks"
              + " and 8 MiB. Each task gets a new `id`, and keeps its other fields: also"
              + " `created_at`, `completed_at` and its deletion. Only `id`, `user_id`,"
              + " `updated_at` and `version` are ignored. The last line of an export is optional."
              + " If it is there, its number must be right. In deployments that limit requests, an"
              + " import costs a request for each 100 lines. Use an `Idempotency-Key`: a repeat"
              + " without one creates the tasks again.")
  @APIResponse(responseCode = "200", description = "All tasks are stored")
  @RequestBody(
      required = true,
      description = "Newline-delimited JSON.",
      content =
          @Content(
              mediaType = ApiResource.NDJSON,
              schema =
                  @Schema(
                      implementation = String.class,
                      examples =
                          "{\"title\": \"Buy milk\", \"completed\": true}\n"
                              + "{\"title\": \"Water the plants\"}\n")))
  public ImportResult run(@Context RoutingContext request) {
    byte[] body = JsonBodyReader.utf8(request);
    limits.takeMore((TaskImport.lines(body) - 1) / LINES_PER_TOKEN, request);
    List<Task> tasks = new TaskImport(body, json, config.trash()).tasks();
    if (!tasks.isEmpty()) {
      Task.insertAll(tasks);
    }
    return new ImportResult(tasks.size());
  }
}
