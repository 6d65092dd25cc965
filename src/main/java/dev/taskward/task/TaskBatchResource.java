package dev.taskward.task;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.idempotency.Idempotent;
import dev.taskward.json.ValidatedJson;
import dev.taskward.ratelimit.RateLimits;
import io.quarkus.security.Authenticated;
import io.vertx.ext.web.RoutingContext;
import jakarta.transaction.Transactional;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Several changes of the current user's tasks in one transaction. */
@Path(TaskApi.BATCH_PATH)
@Authenticated
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks")
public class TaskBatchResource {

  private final TaskwardConfig config;
  private final ValidatedJson json;
  private final RateLimits limits;

  TaskBatchResource(TaskwardConfig config, ValidatedJson json, RateLimits limits) {
    this.config = config;
    this.json = json;
    this.limits = limits;
  }

  @POST
  @Idempotent
  @Consumes(MediaType.APPLICATION_JSON)
  @Transactional
  @Operation(
      operationId = "runBatch",
      summary = "Do several changes together, or none of them",
      description =
          "One transaction with 1 to 100 operations in this order, each on another task. If one"
              + " fails, nothing is done: the response is 409 with the type"
              + " `urn:taskward:problem:batch-refused`, and `failures` has every operation that"
              + " failed. An `update` is a JSON merge patch (RFC 7396). In deployments that limit"
              + " requests, a batch costs as many requests as it has operations. The body has at"
              + " most 256 KiB.")
  @APIResponse(responseCode = "200", description = "All operations are done")
  public BatchResult run(
      @NotNull(message = "must be a JSON object") @Valid Batch batch,
      @Context RoutingContext request) {
    List<BatchOperation> operations = batch.read(json);
    limits.takeMore(operations.size() - 1L, request);
    TaskBatch run = new TaskBatch(operations, config, request);
    run.run();
    return new BatchResult(run.items());
  }
}
