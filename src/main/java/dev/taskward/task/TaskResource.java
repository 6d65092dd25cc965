package dev.taskward.task;

import dev.taskward.idempotency.Idempotent;
import io.quarkus.security.Authenticated;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * The routes of the tasks, their transactions and status codes. Whose tasks they are is not said
 * here: {@link Task} is scoped to the caller. Reads need no transaction: each is one statement.
 */
@Path("/api/v1/tasks")
@Authenticated
@Idempotent
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks", description = "The caller's own tasks")
public class TaskResource {

  private static final String MISSING = "must be a JSON object";

  @GET
  @Operation(
      operationId = "listTasks",
      summary = "List the caller's tasks, newest first",
      description =
          "Follow the `Link` header with `rel=\"next\"` (RFC 8288) to the next page; the last page"
              + " has none. Tasks that are created meanwhile do not shift the pages.")
  @Parameter(
      name = "completed",
      in = ParameterIn.QUERY,
      description = "Only tasks with this flag.",
      schema = @Schema(type = SchemaType.BOOLEAN))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "Tasks a page.",
      schema =
          @Schema(
              type = SchemaType.INTEGER,
              minimum = "1",
              maximum = "" + TaskListQuery.LIMIT_MAX,
              defaultValue = "" + TaskListQuery.LIMIT_DEFAULT))
  @Parameter(
      name = "cursor",
      in = ParameterIn.QUERY,
      description = "Where the page begins; opaque, from the `Link` header.",
      schema = @Schema(type = SchemaType.STRING))
  @APIResponse(
      responseCode = "200",
      description = "A page of tasks",
      headers =
          @Header(
              name = "Link",
              description = "The next page, with `rel=\"next\"`; absent on the last one.",
              schema = @Schema(type = SchemaType.STRING)))
  public RestResponse<List<TaskRepresentation>> list(@Context UriInfo uri) {
    TaskListQuery query = TaskListQuery.of(uri.getQueryParameters());
    List<Task> rows = query.rows();
    List<Task> page = rows.subList(0, Math.min(rows.size(), query.limit()));
    ResponseBuilder<List<TaskRepresentation>> response =
        ResponseBuilder.ok(page.stream().map(TaskRepresentation::of).toList());
    if (rows.size() > page.size()) {
      TaskCursor last = TaskCursor.of(page.get(page.size() - 1));
      URI next = uri.getRequestUriBuilder().replaceQueryParam("cursor", last).build();
      response.link(next, "next");
    }
    return response.build();
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Transactional
  @Operation(
      operationId = "createTask",
      summary = "Create a task",
      description = "It belongs to the caller: the subject of the token.")
  @APIResponse(
      responseCode = "201",
      description = "The new task",
      content = @Content(schema = @Schema(implementation = TaskRepresentation.class)),
      headers =
          @Header(
              name = "Location",
              description = "Its URL.",
              schema = @Schema(type = SchemaType.STRING)))
  public RestResponse<TaskRepresentation> create(
      @NotNull(message = MISSING) @Valid NewTask request, @Context UriInfo uri) {
    Task task = Task.create(request);
    URI location = uri.getAbsolutePathBuilder().path(task.id.toString()).build();
    return ResponseBuilder.<TaskRepresentation>created(location)
        .entity(TaskRepresentation.of(task))
        .build();
  }

  @GET
  @Path("{id}")
  @Operation(
      operationId = "getTask",
      summary = "Get a task",
      description = "One of the caller's own that is not deleted.")
  @APIResponse(responseCode = "200", description = "The task")
  public TaskRepresentation get(@RestPath TaskId id) {
    return TaskRepresentation.of(Task.require(id.value()));
  }

  @PUT
  @Consumes(MediaType.APPLICATION_JSON)
  @Path("{id}")
  @Transactional
  @Operation(
      operationId = "changeTask",
      summary = "Change a task",
      description = "Changes the fields that are present; an absent field keeps its value.")
  @APIResponse(responseCode = "200", description = "The task as it is now")
  public TaskRepresentation change(
      @RestPath TaskId id, @NotNull(message = MISSING) @Valid TaskChange change) {
    Task task = Task.requireForUpdate(id.value());
    task.apply(change);
    return TaskRepresentation.of(task);
  }

  @DELETE
  @Produces(MediaType.WILDCARD) // it answers without a body
  @Path("{id}")
  @Transactional
  @Operation(
      operationId = "deleteTask",
      summary = "Delete a task",
      description = "It is not found from then on.")
  @APIResponse(responseCode = "204", description = "It is deleted")
  public void delete(@RestPath TaskId id) {
    Task.requireForUpdate(id.value()).softDelete();
  }

  @PATCH
  @Consumes(MediaType.APPLICATION_JSON)
  @Path("{id}/complete")
  @Transactional
  @Operation(
      operationId = "completeTask",
      summary = "Flip or set a task's completed flag",
      description = "Without a body it flips the flag; with one it sets it, and may be repeated.")
  @APIResponse(responseCode = "200", description = "The task as it is now")
  public TaskRepresentation complete(
      @RestPath TaskId id, @RequestBody(required = false) @Valid Completion completion) {
    Task task = Task.requireForUpdate(id.value());
    boolean flips = completion == null || completion.completed == null;
    task.complete(flips ? !task.completed : completion.completed);
    return TaskRepresentation.of(task);
  }
}
