package dev.taskward.task;

import java.util.List;

/** The priorities of tasks. The database has numbers, so that they sort. */
final class TaskPriority {

  static final List<String> NAMES = List.of("low", "normal", "high", "urgent");

  /** 1 to 4; null for null. */
  static Integer number(String name) {
    return name == null ? null : NAMES.indexOf(name) + 1;
  }

  static String name(Integer number) {
    return number == null ? null : NAMES.get(number - 1);
  }

  private TaskPriority() {}
}
