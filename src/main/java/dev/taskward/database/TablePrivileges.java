package dev.taskward.database;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Ends a start of which every request would fail: where another role owns the tables. */
class TablePrivileges {

  private static final String MISSING =
      """
      select current_user, string_agg(name, ', ') from (
          select t as name from unnest(array['task', 'idempotency_key', 'rate_limit']) t
          where not (has_table_privilege(t, 'select') and has_table_privilege(t, 'insert')
              and has_table_privilege(t, 'update') and has_table_privilege(t, 'delete'))
          union all
          select 'task_id_seq' where not has_sequence_privilege('task_id_seq', 'usage')) missing
      """;

  void check(@Observes StartupEvent started, DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement sql = connection.createStatement();
        ResultSet missing = sql.executeQuery(MISSING)) {
      missing.next();
      if (missing.getString(2) != null) {
        throw new SQLException(
            "the role %s may not read and write %s, see docs/operations.md."
                .formatted(missing.getString(1), missing.getString(2)));
      }
    }
  }
}
