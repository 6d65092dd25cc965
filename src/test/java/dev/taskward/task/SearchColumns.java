package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Compares the columns {@code search} and {@code title_key} with {@link SearchText}. */
public final class SearchColumns {

  /**
   * Fails if a task's columns are not those of its title, description and tags.
   *
   * @param condition of SQL
   * @return the number of tasks that were compared
   */
  public static int assertCurrent(Connection connection, String condition) throws SQLException {
    int compared = 0;
    try (Statement sql = connection.createStatement();
        ResultSet task =
            sql.executeQuery(
                "select id, title, description, tags, search, title_key from task where "
                    + condition)) {
      while (task.next()) {
        String title = task.getString("title");
        Array tags = task.getArray("tags");
        List<String> tagList = tags == null ? List.of() : List.of((String[]) tags.getArray());
        assertEquals(
            SearchText.of(title, task.getString("description"), tagList),
            task.getString("search"),
            () -> "search of " + title);
        assertEquals(
            SearchText.titleKey(title), task.getString("title_key"), () -> "title_key of " + title);
        compared++;
      }
    }
    return compared;
  }

  private SearchColumns() {}
}
