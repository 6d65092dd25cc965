package dev.taskward.idempotency;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * Marks a resource method whose repeats under one {@code Idempotency-Key}
 * (draft-ietf-httpapi-idempotency-key-header) take effect once. Every POST and PATCH with a
 * response body has it. The other methods are idempotent by definition (RFC 9110, 9.2.2); their key
 * is ignored.
 */
@InterceptorBinding
@Target({METHOD, TYPE}) // the interceptor is a type
@Retention(RUNTIME)
public @interface Idempotent {}
