package dev.taskward.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ProblemException;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.util.concurrent.Callable;

/**
 * Runs a change once for each key of a user. The change and its stored response commit together. A
 * failure stores nothing, and its repeat runs again.
 */
@ApplicationScoped
public class OncePerKey {

  private static final String KEY_IN_USE =
      "A request with this Idempotency-Key is still under way.";

  private static final String KEY_USED = "This Idempotency-Key was used for another request.";

  private final KeyedRequest.Reader requests;
  private final ObjectMapper json;

  /** Read late: Quarkus creates interceptors before the configuration. */
  private final Instance<TaskwardConfig> config;

  OncePerKey(KeyedRequest.Reader requests, ObjectMapper json, Instance<TaskwardConfig> config) {
    this.requests = requests;
    this.json = json;
    this.config = config;
  }

  /**
   * Runs a change that is no HTTP request of its own.
   *
   * @param key of the client
   * @param operation the name of the change. Each has keys of its own.
   * @param input all that the result depends on
   * @return the result as JSON, of this run or of the first
   * @throws ProblemException (409) if the key is in use, (422) if its first input was another
   */
  public byte[] run(String key, String operation, byte[] input, Callable<Object> change)
      throws JsonProcessingException {
    try {
      return json.writeValueAsBytes(run(requests.of(key, operation, input), change));
    } catch (ReplayedResponse replay) {
      return replay.body();
    }
  }

  /**
   * The same for a request with an {@code Idempotency-Key}.
   *
   * @throws ReplayedResponse if it is a repeat
   */
  Object run(KeyedRequest request, Callable<Object> change) {
    return QuarkusTransaction.joiningExisting().call(() -> once(request, change));
  }

  private Object once(KeyedRequest request, Callable<Object> change) throws Exception {
    TaskwardConfig.Idempotency limits = config.get().idempotency();
    if (!StoredResponse.lock(request)) {
      throw ProblemException.conflict(KEY_IN_USE);
    }
    StoredResponse stored = StoredResponse.find(request, limits.lifetime());
    if (stored != null && !stored.matches(request)) {
      throw ProblemException.unprocessable(KEY_USED);
    }
    if (stored != null) {
      throw new ReplayedResponse(stored);
    }
    Object result = change.call();
    store(request, CapturedResponse.of(result), limits);
    return result;
  }

  private void store(
      KeyedRequest request, CapturedResponse response, TaskwardConfig.Idempotency limits)
      throws JsonProcessingException {
    if (response.status() < 400) {
      Object entity = response.entity();
      byte[] body = entity == null ? new byte[0] : json.writeValueAsBytes(entity);
      StoredResponse.store(request, response, body, limits.maxKeys());
    }
  }
}
