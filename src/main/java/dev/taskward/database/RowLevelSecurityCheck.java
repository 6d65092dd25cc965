package dev.taskward.database;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/** Says at the start whether the second wall stands: a superuser, for one, walks through it. */
class RowLevelSecurityCheck {

  private static final Logger LOG = Logger.getLogger(RowLevelSecurityCheck.class);

  private static final String ACTIVE =
      """
      select row_security_active('task') and row_security_active('idempotency_key'),
             rolsuper or rolbypassrls, rolname
      from pg_roles where rolname = current_user
      """;

  /** As {@code afterMigrate.sql} would set it. */
  private static final String SET =
      """
      select count(*) from pg_class
      where oid in ('task'::regclass, 'idempotency_key'::regclass)
        and relrowsecurity = ? and relforcerowsecurity = ?
      """;

  /** Whether all policies are in force, or all out of it. */
  static boolean isSet(Connection connection, boolean inForce) throws SQLException {
    try (PreparedStatement sql = connection.prepareStatement(SET)) {
      sql.setBoolean(1, inForce);
      sql.setBoolean(2, inForce);
      try (ResultSet tables = sql.executeQuery()) {
        tables.next();
        return tables.getInt(1) == 2;
      }
    }
  }

  void check(@Observes StartupEvent started, DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement sql = connection.createStatement();
        ResultSet role = sql.executeQuery(ACTIVE)) {
      role.next();
      if (role.getBoolean(2)) {
        LOG.warnf(
            "Row-level security does not hold for the database role %s: it is a superuser or has"
                + " BYPASSRLS. Give the service an ordinary role.",
            role.getString(3));
      } else if (!role.getBoolean(1)) {
        LOG.warn("Row-level security is off.");
      }
    }
  }
}
