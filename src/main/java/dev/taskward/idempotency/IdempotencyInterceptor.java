package dev.taskward.idempotency;

import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.util.Optional;

/**
 * Returns the stored response of the first request to its repeats, see {@link OncePerKey}. It joins
 * or begins the transaction of the method.
 */
@Idempotent
@Interceptor
@Priority(IdempotencyInterceptor.AFTER_VALIDATION)
class IdempotencyInterceptor {

  /** Inside the transaction (200) and after the validation of the input (4800). */
  static final int AFTER_VALIDATION = Interceptor.Priority.PLATFORM_AFTER + 900;

  private final KeyedRequest.Reader requests;
  private final OncePerKey changes;

  IdempotencyInterceptor(KeyedRequest.Reader requests, OncePerKey changes) {
    this.requests = requests;
    this.changes = changes;
  }

  @AroundInvoke
  Object once(InvocationContext method) throws Exception {
    Optional<KeyedRequest> keyed = requests.current();
    return keyed.isEmpty() ? method.proceed() : changes.run(keyed.get(), method::proceed);
  }
}
