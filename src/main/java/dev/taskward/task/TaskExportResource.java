package dev.taskward.task;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.auth.CurrentUser;
import dev.taskward.common.ApiResource;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.ProblemException;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;

/** All tasks of the current user as one file. */
@Path(TaskApi.EXPORT_PATH)
@Authenticated
@Singleton
@Tag(name = "Tasks")
public class TaskExportResource {

  private static final Logger LOG = Logger.getLogger(TaskExportResource.class);

  /** At a time in this instance. Each has a page in memory. */
  private static final int EXPORTS_MAX = 50;

  private record Open(TaskExport export, HttpServerResponse response) {

    /** Also if the client disconnected before the first page. Then the pages have no end. */
    boolean isOver() {
      return export.isAbandoned() || response.closed() || response.ended();
    }
  }

  private final CurrentUser user;
  private final UserReads reads;
  private final ObjectMapper json;
  private final Map<String, Open> byUser = new ConcurrentHashMap<>();

  TaskExportResource(
      @PersistenceUnitExtension CurrentUser user, UserReads reads, ObjectMapper json) {
    this.user = user;
    this.reads = reads;
    this.json = json;
  }

  @GET
  @Blocking // it reads the counter
  @Produces(ApiResource.NDJSON)
  @Operation(
      operationId = "exportTasks",
      summary = "Export all tasks of the current user",
      description =
          "A file of newline-delimited JSON: a task a line, deleted tasks included, in the order of"
              + " creation. The last line is `{\"end\":true,\"tasks\":N,\"cursor\":…}` with the number of"
              + " tasks. A file without it was cut. The `cursor` is a `since` for the changes since"
              + " the start of the export. A user has one export at a time.")
  @APIResponse(
      responseCode = "200",
      description = "The tasks, a JSON object a line",
      content =
          @Content(
              mediaType = ApiResource.NDJSON,
              // generated clients then return the file as it is
              schema = @Schema(implementation = String.class, format = "binary")))
  public Multi<byte[]> export(@Context RoutingContext request) {
    if (request.request().method() == HttpMethod.HEAD) {
      describe(request);
      return Multi.createFrom().empty();
    }
    String name = user.subject();
    String cursor = ChangeCursor.end(Task.counter()).text(name);
    TaskExport export = new TaskExport(json, cursor, System::nanoTime);
    Open open = new Open(export, request.response());
    admit(name, open);
    describe(request);
    SecurityIdentity identity = reads.user();
    return Multi.createBy()
        .repeating()
        .uni(() -> reads.read(identity, export::next))
        .until(page -> page.length == 0)
        .onFailure()
        .invoke(failure -> LOG.warnf("An export was cut: %s", failure))
        .onTermination()
        .invoke(() -> byUser.remove(name, open));
  }

  private static void describe(RoutingContext request) {
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"tasks.ndjson\"");
    if (request.request().version() == HttpVersion.HTTP_1_0) {
      ErrorResponses.closeAfter(request); // without chunks, only the end of the connection ends it
    }
  }

  private void admit(String name, Open open) {
    byUser.values().removeIf(Open::isOver);
    if (byUser.size() >= EXPORTS_MAX) {
      throw ProblemException.unavailable();
    }
    if (byUser.putIfAbsent(name, open) != null) {
      throw ProblemException.tooMany("The user has an export under way.");
    }
  }
}
