package dev.taskward.database;

import dev.taskward.caller.Caller;
import io.quarkus.runtime.annotations.RegisterForProxy;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.postgresql.Driver;

/**
 * PostgreSQL's driver, whose prepared statements tell the server first who the caller is: the
 * row-level security of the tables asks for it (docs/adr/0006-row-level-security.md). Both go in
 * one round trip and one transaction, so the name is gone with the statement's transaction and
 * never stays on a connection that a pool, ours or one on the way, gives to somebody else.
 *
 * <p>It stands below the pool and Hibernate, so nobody can forget it. What has no caller (jobs, the
 * start), and what comes by another way than a prepared statement, is sent as it is, and finds no
 * row.
 */
@RegisterForReflection(
    targets = {Connection.class, PreparedStatement.class, Statement.class, AutoCloseable.class})
public class CallerDriver extends Driver {

  /** SQLSTATE, so that it is not taken for a database that is away. */
  private static final String FEATURE_NOT_SUPPORTED = "0A000";

  private static final String CALLER = "select set_config('taskward.caller', ?, true)";

  /**
   * For how long the transaction may wait for the service: one that is frozen, or cut off, keeps no
   * rows from the others. Not for the session, which behind a pooler may be Flyway's next, whose
   * lock is a transaction that waits while another one migrates.
   */
  private static final String BOUND =
      ", set_config('idle_in_transaction_session_timeout', '10s', true)";

  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    Connection connection = super.connect(url, info);
    return connection == null ? null : proxy(Connection.class, new CallersConnection(connection));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            CallerDriver.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @RegisterForProxy(targets = Connection.class) // once a class: Quarkus passes over repeated ones
  private record CallersConnection(Connection connection) implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
      // The forms that return generated keys can't have a statement before them.
      boolean prepares =
          method.getName().equals("prepareStatement")
              && (args.length == 1 || args.length == 3 || args.length == 4);
      Optional<String> caller = prepares ? Caller.ofThisThread() : Optional.empty();
      if (caller.isEmpty()) {
        return call(connection, method, args);
      }
      args[0] = CALLER + (connection.getAutoCommit() ? ";" : BOUND + ";") + args[0];
      PreparedStatement statement = (PreparedStatement) call(connection, method, args);
      statement.setString(1, caller.get());
      return proxy(PreparedStatement.class, new CallersStatement(statement));
    }
  }

  /** Hides that the statement has another one, with one parameter and one result, before it. */
  @RegisterForProxy(targets = PreparedStatement.class)
  private static class CallersStatement implements InvocationHandler {

    /**
     * Setters whose values reach the server with their type. Of any other the driver asks the
     * server for the type, once a statement is prepared there; from then on it does not send our
     * two statements in one go, and without a transaction around them the caller is gone before the
     * second.
     */
    private static final Set<String> TYPED =
        Set.of("setBoolean", "setBytes", "setInt", "setLong", "setObject", "setShort", "setString");

    private final PreparedStatement statement;
    private boolean typed = true;

    CallersStatement(PreparedStatement statement) {
      this.statement = statement;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
      switch (method.getName()) {
        case "execute", "executeQuery", "executeUpdate" -> {
          if (args == null) {
            return execute(method.getName());
          }
        }
        default -> {
          if (method.getName().startsWith("set")
              && method.getDeclaringClass() == PreparedStatement.class) {
            args[0] = (int) args[0] + 1;
            typed &=
                method.getName().equals("setNull")
                    ? args[1].equals(Types.VARCHAR)
                    : TYPED.contains(method.getName()) && args[1] != null;
          }
        }
      }
      return call(statement, method, args);
    }

    private Object execute(String how) throws SQLException {
      if (!typed && statement.getConnection().getAutoCommit()) {
        throw new SQLFeatureNotSupportedException(
            "a parameter without a type, and no transaction", FEATURE_NOT_SUPPORTED);
      }
      statement.execute();
      boolean rows = statement.getMoreResults();
      return switch (how) {
        case "execute" -> rows;
        case "executeQuery" -> statement.getResultSet();
        default -> statement.getUpdateCount();
      };
    }
  }

  private static Object call(Object target, Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
