package dev.taskward.task;

import dev.taskward.auth.CurrentUser;
import dev.taskward.common.QueryString;
import dev.taskward.conditional.Preconditions;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.idempotency.Idempotent;
import dev.taskward.problem.ProblemException;
import dev.taskward.proxy.PublicUrl;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.security.Authenticated;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.transaction.Transactional;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * The endpoints of tasks, their transactions and status codes. {@link Task} scopes every statement
 * to the current user. A single statement needs no transaction.
 */
@Path(TaskApi.PATH)
@Authenticated
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks", description = "The current user's tasks")
public class TaskResource {

  private static final String MISSING = "must be a JSON object";

  private final CurrentUser user;
  private final TaskwardConfig config;

  TaskResource(@PersistenceUnitExtension CurrentUser user, TaskwardConfig config) {
    this.user = user;
    this.config = config;
  }

  @GET
  @Operation(
      operationId = "listTasks",
      summary = "List the current user's tasks, newest first by default",
      description =
          "The `Link` header with `rel=\"next\"` (RFC 8288) has the URL of the next page. The last"
              + " page has none. New tasks do not shift the pages. A task whose sort value changes"
              + " between two pages can be missing or appear twice. To follow changes, read"
              + " `/api/v1/tasks/changes`. All filters and orders can be combined.")
  @APIResponse(
      responseCode = "200",
      description = "A page of tasks",
      headers = {
        @Header(
            name = "Link",
            description = "The URL of the next page, with `rel=\"next\"`. Absent on the last page.",
            schema =
                @Schema(
                    type = SchemaType.STRING,
                    examples =
                        "<https://tasks.example.com/api/v1/tasks?cursor=nN4-I96_hA7FPiPoAAAAAAAAACoABkhCDf0oAA>; rel=\"next\"")),
        @Header(
            name = "Next-Cursor",
            description = "The `cursor` of the next page. Absent on the last page.",
            schema =
                @Schema(
                    type = SchemaType.STRING,
                    examples = "nN4-I96_hA7FPiPoAAAAAAAAACoABkhCDf0oAA")),
        @Header(
            name = "Total-Count",
            description = "The number of tasks on all pages. Only with `count=true`.",
            schema =
                @Schema(
                    type = SchemaType.INTEGER,
                    format = "int64",
                    minimum = "0",
                    examples = "42"))
      })
  public RestResponse<List<TaskRepresentation>> list(
      @Context UriInfo uri, @Context RoutingContext request) {
    TaskListQuery query = TaskListQuery.of(QueryString.parameters(request), user.subject());
    Preconditions preconditions = Preconditions.of(request);
    if (query.hasEntityTag() && !preconditions.none()) {
      String tag = query.entityTag(Task.counter().state());
      preconditions.check(tag);
      if (preconditions.notModified()) {
        return ResponseBuilder.<List<TaskRepresentation>>notModified()
            .header(HttpHeaders.ETAG, tag)
            .build();
      }
    }
    TaskPage page = Task.list(query);
    ResponseBuilder<List<TaskRepresentation>> response = ResponseBuilder.ok(page.tasks());
    if (page.entityTag() != null) {
      response.header(HttpHeaders.ETAG, page.entityTag());
    }
    if (page.next() != null) {
      String next = QueryString.with("cursor", page.next(), request);
      response.header("Next-Cursor", page.next());
      response.header("Link", "<" + PublicUrl.of(uri, request) + "?" + next + ">; rel=\"next\"");
    }
    if (page.total() != null) {
      response.header("Total-Count", page.total());
    }
    return response.build();
  }

  @POST
  @Idempotent
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      operationId = "createTask",
      summary = "Create a task",
      description = "The task belongs to the current user, the subject of the token.")
  @APIResponse(
      responseCode = "201",
      description = "The new task",
      content = @Content(schema = @Schema(implementation = TaskRepresentation.class)),
      headers =
          @Header(
              name = "Location",
              description = "The URL of the task.",
              schema =
                  @Schema(
                      type = SchemaType.STRING,
                      examples = "https://tasks.example.com/api/v1/tasks/42")))
  public RestResponse<TaskRepresentation> create(
      @NotNull(message = MISSING) @Valid NewTask task,
      @Context UriInfo uri,
      @Context RoutingContext request) {
    String tasks = PublicUrl.of(uri, request);
    TaskRepresentation created = Task.create(task); // nothing may fail after it was stored
    return ResponseBuilder.create(Response.Status.CREATED, created)
        .header(HttpHeaders.LOCATION, tasks + (tasks.endsWith("/") ? "" : "/") + created.id())
        .build();
  }

  @GET
  @Path("{id}")
  @Operation(
      operationId = "getTask",
      summary = "Get a task",
      description =
          "Returns a task of the current user that is not deleted, or with `deleted=true` one that"
              + " is.")
  @APIResponse(responseCode = "200", description = "The task")
  public TaskRepresentation get(@RestPath TaskId id, @Context RoutingContext request) {
    TaskRepresentation task = Task.get(id.value(), isSet("deleted", request));
    Preconditions.of(request).check(task);
    return task;
  }

  @PUT
  @Idempotent
  @Consumes(MediaType.APPLICATION_JSON)
  @Path("{id}")
  @Transactional
  @Operation(
      operationId = "changeTask",
      summary = "Change a task",
      description = "Changes the fields that are present. An absent field keeps its value.")
  @APIResponse(responseCode = "200", description = "The task after the request")
  public TaskRepresentation change(
      @RestPath TaskId id, @NotNull(message = MISSING) @Valid TaskChange change) {
    change.requireNoNullsInMetadata();
    return Task.requireForUpdate(id.value()).apply(change, change::replace).representation();
  }

  @PATCH
  @Idempotent
  @Consumes(TaskApi.MERGE_PATCH)
  @Path("{id}")
  @Transactional
  @Operation(
      operationId = "patchTask",
      summary = "Change a task by a JSON merge patch",
      description =
          "Does the same as `PUT`, in the standard format (RFC 7396). An absent field keeps its"
              + " value. The keys of `metadata` are merged, too: null removes a key.")
  @APIResponse(responseCode = "200", description = "The task after the request")
  public TaskRepresentation patch(
      @RestPath TaskId id, @NotNull(message = MISSING) @Valid TaskChange change) {
    return Task.requireForUpdate(id.value()).apply(change, change::mergeInto).representation();
  }

  @DELETE
  @Idempotent
  @Produces(MediaType.WILDCARD) // it has no response body
  @Path("{id}")
  @Transactional
  @Operation(
      operationId = "deleteTask",
      summary = "Delete a task",
      description =
          "The task can be restored until its `purge_at`. With `permanent=true` the request removes"
              + " a deleted task for good.")
  @APIResponse(responseCode = "204", description = "The task is deleted")
  public RestResponse<Void> delete(@RestPath TaskId id, @Context RoutingContext request) {
    if (isSet("permanent", request)) {
      Task.requireDeleted(id.value()).delete();
      return RestResponse.noContent();
    }
    Task task = Task.requireForUpdate(id.value()).softDelete(config.trash());
    return ResponseBuilder.<Void>noContent().header(HttpHeaders.ETAG, task.etag()).build();
  }

  @DELETE
  @Produces(MediaType.WILDCARD) // it has no response body
  @Operation(
      operationId = "emptyTrash",
      summary = "Remove all deleted tasks for good",
      description =
          "Needs `deleted=true`. If the request fails, some tasks may be removed already. It can be"
              + " repeated.")
  @APIResponse(responseCode = "204", description = "There are no deleted tasks")
  public RestResponse<Void> emptyTrash(@Context RoutingContext request) {
    if (!isSet("deleted", request)) {
      throw ProblemException.invalid("deleted", "must be true");
    }
    Task.emptyTrash();
    return RestResponse.noContent();
  }

  @POST
  @Idempotent
  @Path("{id}/restore")
  @Transactional
  @Operation(
      operationId = "restoreTask",
      summary = "Restore a deleted task",
      description = "A task that is not deleted stays unchanged, so this request can be repeated.")
  @APIResponse(responseCode = "200", description = "The task after the request")
  public TaskRepresentation restore(@RestPath TaskId id) {
    return Task.requireForRestore(id.value(), config.trash()).restore().representation();
  }

  @PATCH
  @Idempotent
  @Consumes(MediaType.APPLICATION_JSON)
  @Path("{id}/complete")
  @Operation(
      operationId = "completeTask",
      summary = "Flip or set a task's completed flag",
      description = "A body with `completed` sets the flag. Otherwise the request flips the flag.")
  @APIResponse(responseCode = "200", description = "The task after the request")
  public TaskRepresentation complete(
      @RestPath TaskId id,
      @RequestBody(required = false) @Valid Completion completion,
      @Context RoutingContext request) {
    if (completion == null && !isAbsentOrNull(request.body().buffer())) { // white space
      throw ProblemException.invalidBody(MISSING);
    }
    boolean flips = completion == null || completion.completed == null;
    if (flips && Preconditions.of(request).none()) {
      Optional<TaskRepresentation> flipped = Task.toggle(id.value());
      if (flipped.isPresent()) {
        return flipped.get();
      }
    }
    return QuarkusTransaction.joiningExisting()
        .call(
            () -> {
              Task task = Task.requireForUpdate(id.value());
              boolean completed = flips ? !task.completed : completion.completed;
              return task.complete(completed).representation();
            });
  }

  /** A generated client may send JSON's null for an absent body. */
  private static boolean isAbsentOrNull(Buffer body) {
    return body == null || body.length() == 0 || body.toString().strip().equals("null");
  }

  private static boolean isSet(String flag, RoutingContext request) {
    return Boolean.TRUE.equals(ListParameters.flag(QueryString.parameters(request), flag));
  }
}
