package dev.taskward.task;

import dev.taskward.auth.CurrentUser;
import dev.taskward.auth.Erasure;
import dev.taskward.config.TaskwardConfig;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.security.Authenticated;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** What the service knows about the current user. */
@Path(TaskApi.ME_PATH)
@Authenticated
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "User", description = "The current user")
public class MeResource {

  private final CurrentUser user;
  private final TaskwardConfig config;
  private final Erasure erasure;

  MeResource(@PersistenceUnitExtension CurrentUser user, TaskwardConfig config, Erasure erasure) {
    this.user = user;
    this.config = config;
    this.erasure = erasure;
  }

  @GET
  @Operation(
      operationId = "getMe",
      summary = "Get the current user",
      description =
          "The user and the scopes of the token, the numbers of tasks, and a cursor for the changes"
              + " from now on.")
  @APIResponse(responseCode = "200", description = "The current user")
  public Me me() {
    TaskCounter counter = Task.counter();
    return new Me(
        user.subject(),
        user.scopes(),
        user.expiresAt(),
        new Me.Tasks(
            counter.open(), counter.completed(), counter.deleted(), config.tasks().quota()),
        ChangeCursor.end(counter).text(user.subject()));
  }

  @POST
  @Path("erase")
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.WILDCARD) // it has no response body
  @Operation(
      operationId = "eraseMe",
      summary = "Erase everything about the current user",
      description =
          "Removes all tasks, deleted ones included, and everything else that the database has about"
              + " the user, for good. Streams of changes end with the reason `erased`. Where scopes"
              + " are required, the token needs `tasks:erase`. If the request fails, a part may be"
              + " erased already. It can be repeated, so it takes no `Idempotency-Key`, whose stored"
              + " response would be a trace of the user.")
  @APIResponse(responseCode = "204", description = "Nothing about the user is left")
  @APIResponse(responseCode = "409", ref = "Conflict")
  public RestResponse<Void> erase(
      @NotNull(message = "must be a JSON object") @Valid EraseRequest confirmation) {
    erasure.erase();
    return RestResponse.noContent();
  }
}
