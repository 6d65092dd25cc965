package dev.taskward.task;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Random tasks with every field that a client can set. */
final class Samples {

  private static final List<String> TEXTS =
      List.of(
          "a",
          "Ä",
          "é",
          "e\u0301",
          "😀",
          "👩‍👩‍👧",
          "\\",
          "\"",
          "'",
          "{",
          "}",
          ",",
          "NULL",
          "\n",
          "\t",
          " ",
          "%",
          "_",
          "$1",
          "?",
          "日本",
          "\u202e",
          "\u2028",
          "\u0001",
          "\u001f",
          "</script>");

  /** Fields that differ between equal tasks of two users. */
  private static final Set<String> IDENTITY = Set.of("id", "user_id", "version", "updated_at");

  private static final Set<String> TIMES =
      Set.of("created_at", "completed_at", "deleted_at", "purge_at");

  static Map<String, Object> task(Random random) {
    Map<String, Object> task = new HashMap<>();
    task.put("title", "t" + text(random, 20));
    if (random.nextBoolean()) {
      task.put("description", text(random, 60));
    }
    if (random.nextBoolean()) {
      String date =
          "20%02d-0%d-1%d".formatted(random.nextInt(100), 1 + random.nextInt(9), random.nextInt(9));
      boolean hasTime = random.nextBoolean();
      task.put("due", hasTime ? date + "T1%d:30".formatted(random.nextInt(10)) : date);
      task.put("due_zone", hasTime && random.nextBoolean() ? "Asia/Kolkata" : null);
    }
    if (random.nextBoolean()) {
      task.put("priority", TaskPriority.NAMES.get(random.nextInt(4)));
    }
    if (random.nextBoolean()) {
      Set<String> tags = new LinkedHashSet<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        tags.add("x" + i + text(random, 8));
      }
      task.put("tags", new ArrayList<>(tags));
    }
    if (random.nextBoolean()) {
      task.put("position", "a" + Integer.toString(random.nextInt(99_999), 36));
    }
    if (random.nextBoolean()) {
      Map<String, String> metadata = new HashMap<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        metadata.put("key." + i, text(random, 30));
      }
      task.put("metadata", metadata);
    }
    task.put("completed", random.nextInt(3) == 0);
    return task;
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(length); i >= 0; i--) {
      text.append(TEXTS.get(random.nextInt(TEXTS.size())));
    }
    return text.toString();
  }

  /** What two users have in common if they did the same: of times, whether they are set. */
  static List<Map<String, Object>> comparable(List<Map<String, Object>> tasks) {
    return tasks.stream()
        .map(
            task ->
                fields(task).entrySet().stream()
                    .collect(
                        Collectors.<Map.Entry<String, Object>, String, Object>toMap(
                            Map.Entry::getKey,
                            field ->
                                TIMES.contains(field.getKey())
                                    ? field.getValue() != null
                                    : String.valueOf(field.getValue()))))
        .toList();
  }

  /** The fields that an import keeps. */
  static Map<String, Object> fields(Map<String, Object> task) {
    Map<String, Object> fields = new TreeMap<>(task);
    fields.keySet().removeAll(IDENTITY);
    return fields;
  }

  private Samples() {}
}
