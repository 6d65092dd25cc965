package dev.taskward.idempotency;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * On a resource class: its POST and PATCH requests may be repeated under an {@code Idempotency-Key}
 * (draft-ietf-httpapi-idempotency-key-header) and have their effect once. Every resource has it.
 */
@InterceptorBinding
@Target(TYPE)
@Retention(RUNTIME)
public @interface Idempotent {}
