package dev.taskward.task;

import java.util.ArrayList;
import java.util.List;

/** A condition of SQL, with a {@code ?} for each value. */
final class Condition {

  private final StringBuilder sql = new StringBuilder();
  private final List<Object> values = new ArrayList<>();

  Condition and(String condition, Object... itsValues) {
    sql.append(sql.isEmpty() ? "" : " and ").append(condition);
    values.addAll(List.of(itsValues));
    return this;
  }

  /** Adds a value of the SQL behind the condition. */
  void value(Object value) {
    values.add(value);
  }

  String sql() {
    return sql.toString();
  }

  List<Object> values() {
    return values;
  }
}
