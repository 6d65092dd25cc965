package dev.taskward.task;

import dev.taskward.auth.CurrentUser;
import dev.taskward.common.QueryString;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.ProblemException;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.security.Authenticated;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The changes of the current user's tasks, page by page or as a stream of events. */
@Path(TaskApi.CHANGES_PATH)
@Authenticated
@Tag(name = "Tasks")
public class TaskChangesResource {

  static final List<String> PARAMETERS = List.of("since", "limit");

  private static final String NOW = "now";

  private static final String LAST_EVENT_ID = "Last-Event-ID";

  private final CurrentUser user;
  private final ChangeStreams streams;

  TaskChangesResource(@PersistenceUnitExtension CurrentUser user, ChangeStreams streams) {
    this.user = user;
    this.streams = streams;
  }

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(
      operationId = "listChanges",
      summary = "List the changes of the current user's tasks",
      description =
          "The current state of each task that changed after `since`, deleted tasks included. The"
              + " `cursor` of the response is the next `since`. A task can come more than once: the"
              + " highest `version` counts. With `Accept: text/event-stream` the response is a"
              + " stream of Server-Sent Events, which continues with later changes.")
  @APIResponse(responseCode = "200", description = "A page of changes, or a stream of them")
  public TaskChanges list(@Context RoutingContext request) {
    Map<String, List<String>> parameters = QueryString.parameters(request);
    ChangeCursor since = since(ListParameters.value(parameters, "since"), "since");
    ChangePage page = Task.changes(since, TaskListQuery.limit(parameters));
    return new TaskChanges(
        page.changes().stream().map(ChangePage.Change::task).toList(),
        page.end().text(user.subject()),
        !page.isLast());
  }

  @GET
  @Blocking // it reads the first page
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Operation(hidden = true) // the document has one operation for each path and method
  public Multi<OutboundSseEvent> follow(@Context RoutingContext request, @Context Sse sse) {
    Map<String, List<String>> parameters = QueryString.parameters(request);
    TaskListQuery.limit(parameters); // a wrong value is an error here, too
    String last = request.request().getHeader(LAST_EVENT_ID);
    ChangeCursor since =
        last == null
            ? since(ListParameters.value(parameters, "since"), "since")
            : since(last, LAST_EVENT_ID);
    Multi<OutboundSseEvent> events = streams.open(since, request, sse);
    request.response().putHeader("X-Accel-Buffering", "no"); // nginx would collect events
    if (request.request().version() == HttpVersion.HTTP_1_0) {
      ErrorResponses.closeAfter(request); // without chunks, only the end of the connection ends it
    }
    return events;
  }

  /** Null for the end of the changes. */
  private ChangeCursor since(String value, String parameter) {
    if (NOW.equals(value)) {
      return null;
    }
    ChangeCursor cursor =
        value == null ? ChangeCursor.NONE : ChangeCursor.parse(value, user.subject());
    if (cursor == null) {
      throw ProblemException.invalid(parameter, "is not a cursor of this user's changes");
    }
    return cursor;
  }
}
