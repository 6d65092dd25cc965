package dev.taskward.task;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** Ignores the read-only fields, so that a client can send back a task as it read it. */
@JacksonAnnotationsInside
@JsonIgnoreProperties({
  "id",
  "user_id",
  "deleted",
  "created_at",
  "updated_at",
  "completed_at",
  "deleted_at",
  "purge_at",
  "version"
})
@Target(TYPE)
@Retention(RUNTIME)
@interface ReadOnlyFieldsIgnored {

  String DESCRIPTION =
      "The read-only fields of a task (`id`, `user_id`, `deleted`, `created_at`, `updated_at`,"
          + " `completed_at`, `deleted_at`, `purge_at`, `version`) are ignored. Any other field gets 400.";
}
