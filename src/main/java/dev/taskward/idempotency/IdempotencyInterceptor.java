package dev.taskward.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ProblemException;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Instance;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.util.Optional;

/**
 * Returns the stored response of the first request to its repeats. It joins or begins the
 * transaction of the method, so change and stored response commit together. A failure stores
 * nothing, and its repeat runs again.
 */
@Idempotent
@Interceptor
@Priority(IdempotencyInterceptor.AFTER_VALIDATION)
class IdempotencyInterceptor {

  /** Inside the transaction (200) and after the validation of the input (4800). */
  static final int AFTER_VALIDATION = Interceptor.Priority.PLATFORM_AFTER + 900;

  private static final String KEY_IN_USE =
      "A request with this Idempotency-Key is still under way.";

  private static final String KEY_USED = "This Idempotency-Key was used for another request.";

  private final KeyedRequest.Reader requests;
  private final ObjectMapper json;

  /** Read late: Quarkus creates interceptors before the configuration. */
  private final Instance<TaskwardConfig> config;

  IdempotencyInterceptor(
      KeyedRequest.Reader requests, ObjectMapper json, Instance<TaskwardConfig> config) {
    this.requests = requests;
    this.json = json;
    this.config = config;
  }

  @AroundInvoke
  Object once(InvocationContext method) throws Exception {
    Optional<KeyedRequest> keyed = requests.current();
    return keyed.isEmpty()
        ? method.proceed()
        : QuarkusTransaction.joiningExisting().call(() -> once(keyed.get(), method));
  }

  private Object once(KeyedRequest request, InvocationContext method) throws Exception {
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
    Object result = method.proceed();
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
