package dev.taskward.task;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.problem.ProblemException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Optional;

/**
 * A line of an import: a task as an export has it, with the fields that are otherwise read-only. It
 * gets a new id, owner, version and time of change.
 */
@RegisterForReflection
@JsonIgnoreProperties({"id", "user_id", "updated_at", "version"})
public class ImportedTask extends NewTask {

  @JsonSetter(nulls = Nulls.FAIL)
  public boolean deleted;

  @JsonProperty("created_at")
  @TaskTime.Valid
  public String createdAt;

  @JsonProperty("completed_at")
  @TaskTime.Valid
  public String completedAt;

  @JsonProperty("deleted_at")
  @TaskTime.Valid
  public String deletedAt;

  /** Null if absent: it follows from the retention. Empty for an explicit null: never. */
  @JsonProperty("purge_at")
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public Optional<@TaskTime.Valid String> purgeAt;

  @Override
  void check() {
    super.check();
    requireWith("completed_at", completedAt, "completed", completed);
    requireWith("deleted_at", deletedAt, "deleted", deleted);
    requireWith("purge_at", TaskChange.or(purgeAt, null), "deleted", deleted);
  }

  private static void requireWith(String field, String time, String flag, boolean isSet) {
    if (time != null && !isSet) {
      throw ProblemException.invalid(field, "must be null unless " + flag + " is true");
    }
  }

  /** The task to store. A time that is not known is now. */
  Task task(Instant now, TaskwardConfig.Trash trash) {
    Task task = Task.of(this, now);
    task.createdAt = time(createdAt, now);
    task.completedAt = completed ? time(completedAt, now) : null;
    if (deleted) {
      task.deleted = true;
      task.deletedAt = time(deletedAt, now);
      task.purgeAt =
          purgeAt == null
              ? trash
                  .purgeAt(task.deletedAt)
                  .filter(time -> time.isBefore(TaskTime.MAX))
                  .orElse(null)
              : purgeAt.map(TaskTime::parse).orElse(null);
    }
    return task;
  }

  private static Instant time(String text, Instant absent) {
    return text == null ? absent : TaskTime.parse(text);
  }
}
