package dev.taskward.database;

import dev.taskward.auth.CurrentUser;
import io.agroal.api.AgroalDataSource;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * The gateway for our own SQL: every statement names the current user. Hot-path statements use it,
 * because Hibernate translates a statement with a discriminator for each request
 * (docs/adr/0007-statements-by-jdbc.md). Row-level security applies as well.
 *
 * <p>Parameters are {@link String}, {@link Boolean}, {@link Integer}, {@link Long}, {@link Instant}
 * or null. A {@link JDBCType} stands for a null of that type, which saves a round trip.
 */
@ApplicationScoped
public class UserSql {

  /** Reads one row of a result. */
  public interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private final AgroalDataSource database;
  private final CurrentUser user;

  UserSql(AgroalDataSource database, @PersistenceUnitExtension CurrentUser user) {
    this.database = database;
    this.user = user;
  }

  /**
   * Reads or changes the current user's rows that meet a condition.
   *
   * @param head SQL before {@code where}
   * @param condition SQL with a {@code ?} for each value, without a client's text
   * @param tail SQL after the condition; its values follow those of the condition
   */
  public <T> List<T> query(
      String head,
      List<?> headValues,
      String condition,
      List<?> values,
      String tail,
      Reader<T> reader) {
    String sql = head + " where user_id = ? and (" + condition + ")" + tail;
    return execute(sql, headValues, values, reader);
  }

  /**
   * Stores a row of the current user and returns it.
   *
   * @param expressions SQL with a {@code ?} for each value, one for each of the columns
   */
  public <T> T insert(
      String table,
      String columns,
      String expressions,
      List<?> values,
      String returning,
      Reader<T> reader) {
    String into = "insert into " + table + " (user_id, " + columns + ")";
    String sql = into + " values (?, " + expressions + ") returning " + returning;
    return execute(sql, List.of(), values, reader).get(0);
  }

  private <T> List<T> execute(String sql, List<?> before, List<?> after, Reader<T> reader) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      int parameter = 1;
      for (Object value : before) {
        set(statement, parameter++, value);
      }
      statement.setString(parameter++, user.subject());
      for (Object value : after) {
        set(statement, parameter++, value);
      }
      List<T> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(reader.read(result));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new PersistenceException(e);
    }
  }

  private static void set(PreparedStatement statement, int parameter, Object value)
      throws SQLException {
    if (value instanceof JDBCType type) {
      statement.setNull(parameter, type.getVendorTypeNumber());
    } else {
      statement.setObject(
          parameter, value instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : value);
    }
  }
}
