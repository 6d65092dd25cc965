package dev.taskward.task;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import jakarta.validation.ReportAsSingleViolation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.DiscriminatorMapping;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** One operation of a batch. */
@Schema(
    description = "One operation. `op` says which.",
    oneOf = {
      BatchOperation.Create.class,
      BatchOperation.Update.class,
      BatchOperation.Complete.class,
      BatchOperation.Delete.class,
      BatchOperation.Restore.class
    },
    discriminatorProperty = "op",
    discriminatorMapping = {
      @DiscriminatorMapping(value = "create", schema = BatchOperation.Create.class),
      @DiscriminatorMapping(value = "update", schema = BatchOperation.Update.class),
      @DiscriminatorMapping(value = "complete", schema = BatchOperation.Complete.class),
      @DiscriminatorMapping(value = "delete", schema = BatchOperation.Delete.class),
      @DiscriminatorMapping(value = "restore", schema = BatchOperation.Restore.class)
    })
public sealed interface BatchOperation {

  /** The classes by the values of {@code op}. */
  Map<String, Class<? extends BatchOperation>> BY_OP =
      Map.of(
          "create", Create.class,
          "update", Update.class,
          "complete", Complete.class,
          "delete", Delete.class,
          "restore", Restore.class);

  String MISSING = "must not be null";
  String VERSION = "must be an integer from 1";

  /** A positive integer below 2^53. */
  @NotNull
  @Min(1)
  @Max(TaskId.MAX)
  @ReportAsSingleViolation
  @Constraint(validatedBy = {})
  @Target(FIELD)
  @Retention(RUNTIME)
  @interface Id {
    String message() default "must be an integer from 1 to 9007199254740991";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Null if the operation creates a task. */
  Long id();

  /** The version that the task must have; null if any. */
  Long ifVersion();

  /** As {@code POST /tasks}. */
  @RegisterForReflection
  @Schema(
      name = "BatchCreate",
      requiredProperties = {"op", "task"})
  record Create(
      @Schema(enumeration = "create", examples = "create") String op,
      @NotNull(message = MISSING) @Valid NewTask task)
      implements BatchOperation {

    @Override
    public Long id() {
      return null;
    }

    @Override
    public Long ifVersion() {
      return null;
    }
  }

  /** A JSON merge patch, as {@code PATCH /tasks/{id}}. */
  @RegisterForReflection
  @Schema(
      name = "BatchUpdate",
      requiredProperties = {"op", "id", "task"})
  record Update(
      @Schema(enumeration = "update", examples = "update") String op,
      @Id Long id,
      @JsonProperty("if_version") @Min(value = 1, message = VERSION) Long ifVersion,
      @NotNull(message = MISSING) @Valid TaskChange task)
      implements BatchOperation {}

  /** Sets the flag, so that a repeat is harmless. */
  @RegisterForReflection
  @Schema(
      name = "BatchComplete",
      requiredProperties = {"op", "id", "completed"})
  record Complete(
      @Schema(enumeration = "complete", examples = "complete") String op,
      @Id Long id,
      @JsonProperty("if_version") @Min(value = 1, message = VERSION) Long ifVersion,
      @NotNull(message = MISSING) @Schema(description = "The new value.", examples = "true")
          Boolean completed)
      implements BatchOperation {}

  /** As {@code DELETE /tasks/{id}}: the task can be restored. */
  @RegisterForReflection
  @Schema(
      name = "BatchDelete",
      requiredProperties = {"op", "id"})
  record Delete(
      @Schema(enumeration = "delete", examples = "delete") String op,
      @Id Long id,
      @JsonProperty("if_version") @Min(value = 1, message = VERSION) Long ifVersion)
      implements BatchOperation {}

  /** As {@code POST /tasks/{id}/restore}. */
  @RegisterForReflection
  @Schema(
      name = "BatchRestore",
      requiredProperties = {"op", "id"})
  record Restore(
      @Schema(enumeration = "restore", examples = "restore") String op,
      @Id Long id,
      @JsonProperty("if_version") @Min(value = 1, message = VERSION) Long ifVersion)
      implements BatchOperation {}
}
