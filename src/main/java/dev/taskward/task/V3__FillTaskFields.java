package dev.taskward.task;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;

/**
 * Fills the columns of V2 in existing tasks: the folded texts, and the times of completion and
 * deletion, for which the last change is the best estimate. Flyway runs it in one transaction, so
 * other sessions never see the table without forced row-level security.
 */
@Singleton
public class V3__FillTaskFields extends BaseJavaMigration {

  private static final int BATCH = 1_000;

  private static final String UPDATE =
      """
      update task set search = ?, title_key = ?,
          completed_at = case when completed then updated_at end,
          deleted_at = case when deleted then updated_at end
      where id = ?
      """;

  @Override
  public void migrate(Context context) throws SQLException {
    Connection connection = context.getConnection();
    try (Statement ddl = connection.createStatement();
        PreparedStatement select =
            connection.prepareStatement(
                "select id, title, description from task where id > ? order by id limit " + BATCH);
        PreparedStatement update = connection.prepareStatement(UPDATE)) {
      ddl.execute("alter table task no force row level security");
      long last = 0;
      while (last >= 0) {
        select.setLong(1, last);
        last = fill(select, update);
      }
      ddl.execute("alter table task force row level security");
    }
  }

  /** Returns the last id of the batch, or -1 if there are no more tasks. */
  private static long fill(PreparedStatement select, PreparedStatement update) throws SQLException {
    long last = -1;
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        last = rows.getLong("id");
        String title = rows.getString("title");
        update.setString(1, SearchText.of(title, rows.getString("description"), List.of()));
        update.setString(2, SearchText.titleKey(title));
        update.setLong(3, last);
        update.addBatch();
      }
    }
    update.executeBatch();
    return last;
  }
}
