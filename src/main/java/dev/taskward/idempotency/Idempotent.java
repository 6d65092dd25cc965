package dev.taskward.idempotency;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * Marks a resource method whose repeats under one {@code Idempotency-Key}
 * (draft-ietf-httpapi-idempotency-key-header) take effect once. Every change has it, but for those
 * whose repeat gets the same response anyway; they ignore the key.
 */
@InterceptorBinding
@Target({METHOD, TYPE}) // the interceptor is a type
@Retention(RUNTIME)
public @interface Idempotent {}
