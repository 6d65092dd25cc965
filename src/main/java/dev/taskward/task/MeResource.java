package dev.taskward.task;

import dev.taskward.auth.CurrentUser;
import dev.taskward.config.TaskwardConfig;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.security.Authenticated;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What the service knows about the current user. */
@Path(TaskApi.ME_PATH)
@Authenticated
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "User", description = "The current user")
public class MeResource {

  private final CurrentUser user;
  private final TaskwardConfig config;

  MeResource(@PersistenceUnitExtension CurrentUser user, TaskwardConfig config) {
    this.user = user;
    this.config = config;
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
}
