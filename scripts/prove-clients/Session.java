import java.time.OffsetDateTime;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.TasksApi;
import org.openapitools.client.api.UserApi;
import org.openapitools.client.model.Completion;
import org.openapitools.client.model.NewTask;
import org.openapitools.client.model.Priority;
import org.openapitools.client.model.Task;

/** A session with the client generated from docs/openapi.yaml: {@code java Session URL TOKEN}. */
class Session {

  public static void main(String... args) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(args[0]);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + args[1]));
    TasksApi tasks = new TasksApi(client);

    Task milk = tasks.createTask(new NewTask().title("Buy milk").priority(Priority.HIGH), "milk");
    equal(milk.getPriority(), Priority.HIGH);
    equal(milk.getCompletedAt(), null);
    Task tea = tasks.createTask(new NewTask().title("Buy tea"), null);
    equal(tea.getPriority(), null);

    Completion completion = new Completion().completed(true);
    Task completed = tasks.completeTask(milk.getId(), null, null, completion);
    equal(completed.getCompletedAt() instanceof OffsetDateTime, true);

    equal(new UserApi(client).getMe().getTasks().getOpen(), 1L);
  }

  private static void equal(Object actual, Object expected) {
    if (!java.util.Objects.equals(actual, expected)) {
      throw new AssertionError("expected " + expected + ", was " + actual);
    }
  }
}
