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

  /**
   * Reads or changes the current user's rows that meet a condition.
   *
   * @param head SQL before {@code where}
   * @param condition SQL with a {@code ?} for each value, without a client's text
   * @param tail SQL after the condition; its values follow those of the condition
   */
  public record Query<T>(
      String head,
      List<?> headValues,
      String condition,
      List<?> values,
      String tail,
      Reader<T> reader) {

    private String sql() {
      return head + " where user_id = ? and (" + condition + ")" + tail;
    }
  }

  /**
   * Stores rows of the current user.
   *
   * @param expressions SQL with a {@code ?} for some of the values, one for each of the columns
   * @param from SQL with a {@code ?} for the other values
   */
  public record Insert<T>(
      String table,
      String columns,
      String expressions,
      String from,
      List<?> values,
      String returning,
      Reader<T> reader) {

    private String sql() {
      return "insert into "
          + table
          + " (user_id, "
          + columns
          + ") select ?, "
          + expressions
          + " from "
          + from
          + " returning "
          + returning;
    }
  }

  /** The rows of two queries. */
  public record Both<A, B>(List<A> first, List<B> second) {}

  /** Stands for the current user in the values of a query. */
  public static final Object CURRENT_USER = new Object();

  private interface Result<T> {
    T of(PreparedStatement statement) throws SQLException;
  }

  private final AgroalDataSource database;
  private final CurrentUser user;

  UserSql(AgroalDataSource database, @PersistenceUnitExtension CurrentUser user) {
    this.database = database;
    this.user = user;
  }

  public <T> List<T> run(Query<T> query) {
    return execute(
        query.sql(), values(query), statement -> rows(statement.executeQuery(), query.reader));
  }

  /** Runs two queries in one round trip. The second sees what the first sees, or a later state. */
  public <A, B> Both<A, B> run(Query<A> first, Query<B> second) {
    List<Object> values = values(first);
    values.addAll(values(second));
    return execute(
        first.sql() + ";" + second.sql(),
        values,
        statement -> {
          List<A> rows = rows(statement.executeQuery(), first.reader);
          statement.getMoreResults();
          return new Both<>(rows, rows(statement.getResultSet(), second.reader));
        });
  }

  /** Stores rows of the current user, and returns those that no trigger refused. */
  public <T> List<T> run(Insert<T> insert) {
    List<Object> values = new ArrayList<>();
    values.add(CURRENT_USER);
    values.addAll(insert.values);
    return execute(
        insert.sql(), values, statement -> rows(statement.executeQuery(), insert.reader));
  }

  /** The values of a query, in the order of its SQL. */
  private static List<Object> values(Query<?> query) {
    List<Object> values = new ArrayList<>(query.headValues);
    values.add(CURRENT_USER);
    values.addAll(query.values);
    return values;
  }

  private <T> T execute(String sql, List<Object> values, Result<T> result) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      int parameter = 1;
      for (Object value : values) {
        set(statement, parameter++, value == CURRENT_USER ? user.subject() : value);
      }
      return result.of(statement);
    } catch (SQLException e) {
      throw new PersistenceException(e);
    }
  }

  private static <T> List<T> rows(ResultSet result, Reader<T> reader) throws SQLException {
    List<T> rows = new ArrayList<>();
    try (result) {
      while (result.next()) {
        rows.add(reader.read(result));
      }
    }
    return rows;
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
