package dev.taskward.database;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Stops startup if the database role lacks a privilege, or if a table with users' rows lacks forced
 * row-level security. It finds our tables by their comments, which begin with "Taskward:".
 */
class SchemaCheck {

  private static final Logger LOG = Logger.getLogger(SchemaCheck.class);

  private static final String CATALOGUE =
      """
      with ours as (
          select oid, relname as name, relkind, relrowsecurity and relforcerowsecurity as forced
          from pg_class
          where pg_table_is_visible(oid) and obj_description(oid, 'pg_class') like 'Taskward:%')
      select current_user,
          (select rolsuper or rolbypassrls from pg_roles where rolname = current_user),
          (select string_agg(name, ', ' order by name) from ours
           where case relkind when 'S' then not has_sequence_privilege(oid, 'usage')
               else not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
                   and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))
               end),
          (select string_agg(name, ', ' order by name) from ours
           where exists (select from pg_attribute
                   where attrelid = ours.oid and attname = 'user_id' and not attisdropped)
               and not (forced and exists (select from pg_policy where polrelid = ours.oid)))
      """;

  void check(@Observes StartupEvent started, DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement sql = connection.createStatement();
        ResultSet catalogue = sql.executeQuery(CATALOGUE)) {
      catalogue.next();
      String role = catalogue.getString(1);
      refuse("the role " + role + " lacks privileges on", catalogue.getString(3));
      refuse("row-level security is not in force for", catalogue.getString(4));
      if (catalogue.getBoolean(2)) {
        LOG.warnf(
            "Row-level security does not hold for the database role %s: it is a superuser or has"
                + " BYPASSRLS. Give the service an ordinary role.",
            role);
      }
    }
  }

  private static void refuse(String reason, String tables) throws SQLException {
    if (tables != null) {
      throw new SQLException(reason + " " + tables + ", see docs/operations.md.");
    }
  }
}
