package dev.taskward.task;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.json.ValidatedJson;
import dev.taskward.problem.Problem.FieldError;
import dev.taskward.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads the file of an import: newline-delimited JSON, a task a line. */
final class TaskImport {

  static final int TASKS_MAX = 10_000;

  /** Every task fits, even with each character escaped. */
  private static final int LINE_MAX_BYTES = 64 * 1024;

  /** Of one response. */
  private static final int ERRORS_MAX = 100;

  /** How the last line of an export begins. */
  private static final Pattern END = Pattern.compile("\\s*\\{\\s*\"end\"\\s*:");

  private static final int END_LENGTH_MAX = 1_000;

  private final byte[] body;
  private final ValidatedJson json;
  private final TaskwardConfig.Trash trash;
  private final Instant now = Task.now();
  private final List<Task> tasks = new ArrayList<>();
  private final List<FieldError> errors = new ArrayList<>();

  private int read;
  private boolean ended;

  TaskImport(byte[] body, ValidatedJson json, TaskwardConfig.Trash trash) {
    this.body = body;
    this.json = json;
    this.trash = trash;
  }

  /** The line breaks of a file. */
  static long lines(byte[] body) {
    long lines = 0;
    for (byte one : body) {
      lines += one == '\n' ? 1 : 0;
    }
    return lines;
  }

  /**
   * The tasks of the file, in its order.
   *
   * @throws ProblemException (400) with the errors of all lines
   */
  List<Task> tasks() {
    int number = 0;
    for (int from = 0; from < body.length && errors.size() < ERRORS_MAX; ) {
      int to = from;
      while (to < body.length && body[to] != '\n') {
        to++;
      }
      number++;
      readLine(number, from, to - from);
      from = to + 1;
    }
    if (errors.isEmpty() && !ended && tasks.isEmpty()) {
      throw ProblemException.invalidBody("must have a task a line");
    }
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
    return tasks;
  }

  private void readLine(int number, int from, int length) {
    try {
      if (isBlank(from, length)) {
        return;
      }
      if (ended) {
        throw ProblemException.invalidBody("must not come after the last line");
      }
      if (length > LINE_MAX_BYTES) {
        throw ProblemException.invalidBody("must be at most 64 KiB long");
      }
      if (isEnd(from, length)) {
        readEnd(json.read(body, from, length, ExportEnd.class));
      } else {
        readTask(from, length);
      }
    } catch (ProblemException e) {
      e.errors().forEach(error -> errors.add(error.inLine(number)));
    }
  }

  private void readTask(int from, int length) {
    read++;
    if (read == TASKS_MAX + 1) {
      throw ProblemException.invalidBody("must be at most %d tasks".formatted(TASKS_MAX));
    }
    if (read <= TASKS_MAX) {
      ImportedTask task = json.read(body, from, length, ImportedTask.class);
      task.check();
      tasks.add(task.task(now, trash));
    }
  }

  /** The last line of an export is optional. */
  private void readEnd(ExportEnd last) {
    ended = true;
    if (!last.end()) {
      throw ProblemException.invalid("end", "must be true");
    }
    if (last.tasks() == null) {
      throw ProblemException.invalid("tasks", "must be an integer");
    }
    if (last.tasks() != read) {
      throw ProblemException.invalid(
          "tasks", "is %d, but %d tasks came before it".formatted(last.tasks(), read));
    }
  }

  private boolean isBlank(int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (body[i] != ' ' && body[i] != '\t' && body[i] != '\r') {
        return false;
      }
    }
    return true;
  }

  private boolean isEnd(int from, int length) {
    return length < END_LENGTH_MAX
        && END.matcher(new String(body, from, length, StandardCharsets.UTF_8)).lookingAt();
  }
}
