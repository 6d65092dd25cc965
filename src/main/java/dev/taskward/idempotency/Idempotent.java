package dev.taskward.idempotency;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * On a method of a resource: its requests may be repeated under an {@code Idempotency-Key}
 * (draft-ietf-httpapi-idempotency-key-header) and have their effect once. Every POST and PATCH has
 * it; the other methods are idempotent by themselves (RFC 9110, 9.2.2), and their key is not looked
 * at.
 */
@InterceptorBinding
@Target({METHOD, TYPE}) // the interceptor is a type
@Retention(RUNTIME)
public @interface Idempotent {}
