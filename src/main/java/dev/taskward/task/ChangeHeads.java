package dev.taskward.task;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Asks the database for the last changes of several users, as numbers, in one statement. There is
 * no current user, so it bypasses Hibernate with JDBC. The database function bypasses row-level
 * security for these numbers.
 */
@ApplicationScoped
class ChangeHeads {

  private static final String HEADS = "select user_id, epoch, seq from task_heads(?)";

  /** The counter's numbers, see {@link TaskCounter}. */
  record Head(long epoch, long seq) {

    /** Of a user who never had a task. */
    static final Head NONE = new Head(TaskCounter.NONE.epoch(), TaskCounter.NONE.seq());

    boolean isAt(ChangeCursor position) {
      return seq == position.seq() && epoch == position.epoch();
    }
  }

  private final DataSource database;

  ChangeHeads(DataSource database) {
    this.database = database;
  }

  /** The heads of these users. A user without a counter is absent. */
  Map<String, Head> of(Set<String> users) throws SQLException {
    Map<String, Head> heads = new HashMap<>();
    try (Connection connection = database.getConnection();
        PreparedStatement sql = connection.prepareStatement(HEADS)) {
      sql.setArray(1, connection.createArrayOf("text", users.toArray()));
      try (ResultSet rows = sql.executeQuery()) {
        while (rows.next()) {
          Head head = new Head(rows.getLong("epoch"), rows.getLong("seq"));
          heads.put(rows.getString("user_id"), head);
        }
      }
    }
    return heads;
  }
}
