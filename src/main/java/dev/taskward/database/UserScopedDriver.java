package dev.taskward.database;

import dev.taskward.auth.CurrentUser;
import dev.taskward.common.DatabaseFailure;
import io.quarkus.runtime.annotations.RegisterForProxy;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * PostgreSQL's driver; its prepared statements first set the current user for row-level security
 * (docs/adr/0006-row-level-security.md). Both statements share one round trip and one transaction.
 * The setting ends with the transaction, so no pool or pooler gives it to another user.
 *
 * <p>The driver is below the pool and Hibernate, so no code can forget it. Statements without a
 * current user (jobs, startup) and statements that are not prepared are sent unchanged, and find no
 * row.
 */
@RegisterForReflection(
    targets = {Connection.class, PreparedStatement.class, Statement.class, AutoCloseable.class})
public class UserScopedDriver extends Driver {

  private static final Logger LOG = Logger.getLogger(UserScopedDriver.class);

  private static final String SET_USER = "select set_config('taskward.user_id', ?, true)";

  /**
   * Limits the time that the transaction waits for the service, so that a frozen instance does not
   * hold locks. It does not apply to the session: behind a pooler Flyway may use that next for its
   * idle lock transaction.
   */
  private static final String SET_IDLE_TIMEOUT =
      ", set_config('idle_in_transaction_session_timeout', '10s', true)";

  /**
   * The first statement of a session. It replaces defaults of the role: at another isolation level
   * parallel changes of a row fail, and with row_security=off every statement fails. The server
   * stops statements of a disconnected client, so that a write that got 503 is not executed later.
   * A server on Windows cannot do that.
   */
  private static final String SESSION =
      """
      do 'begin
        set default_transaction_isolation = ''read committed'';
        set row_security = on;
        begin set client_connection_check_interval = ''1s''; exception when others then null; end;
      end'
      """;

  /** How often a statement is repeated if the session lacks its prepared statement. */
  private static final int REPEATS = 3;

  /** False after a pooler refused prepared statements. */
  private static final AtomicBoolean PREPARES = new AtomicBoolean(true);

  static void stopPreparing(SQLException reason) {
    if (PREPARES.compareAndSet(true, false)) {
      LOG.warnf(
          "The pooler in front of the database does not support prepared statements. The service"
              + " continues without them. Set prepareThreshold=0 in DATABASE_URL, or"
              + " max_prepared_statements in PgBouncer 1.21 or newer. (%s)",
          reason.getMessage());
    }
  }

  /**
   * @throws SQLException of {@link DatabaseFailure#ofConnect}; no statement of a request throws it
   */
  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    Connection connection = null;
    try {
      connection = super.connect(url, info);
      if (connection == null) {
        return null;
      }
      try (Statement session = connection.createStatement()) {
        session.execute(SESSION); // a pooler may connect to the server only now
      }
      PGConnection settings = connection.unwrap(PGConnection.class);
      int prepareThreshold = settings.getPrepareThreshold();
      settings.setPrepareThreshold(0); // else the driver prepares COMMIT, at its first use
      return proxy(Connection.class, new UserScopedConnection(connection, prepareThreshold));
    } catch (SQLException e) {
      if (connection != null) {
        connection.close();
      }
      throw DatabaseFailure.ofConnect(e, url);
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            UserScopedDriver.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @RegisterForProxy(targets = Connection.class) // Quarkus ignores repeated annotations
  private record UserScopedConnection(Connection connection, int prepareThreshold)
      implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
      if (!method.getName().equals("prepareStatement")) {
        return call(connection, method, args);
      }
      // The overloads that return generated keys can't have a statement before them.
      Optional<String> user =
          args.length == 1 || args.length == 3 || args.length == 4
              ? CurrentUser.ofThisThread()
              : Optional.empty();
      boolean prepares = PREPARES.get();
      if (user.isPresent()) {
        // The driver takes different text for a new statement, which it has not prepared yet.
        String end = prepares ? ";" : "; ";
        args[0] = SET_USER + (connection.getAutoCommit() ? end : SET_IDLE_TIMEOUT + end) + args[0];
      }
      PreparedStatement statement = (PreparedStatement) call(connection, method, args);
      if (prepares) {
        ((PGStatement) statement).setPrepareThreshold(prepareThreshold);
      }
      if (user.isEmpty()) {
        return statement;
      }
      statement.setString(1, user.get());
      return proxy(PreparedStatement.class, new UserScopedStatement(statement));
    }
  }

  /** Hides the statement before this one, with its one parameter and one result. */
  @RegisterForProxy(targets = PreparedStatement.class)
  private static class UserScopedStatement implements InvocationHandler {

    /**
     * Setters whose values reach the server with their type. For other values of a prepared
     * statement the driver asks the server for the type. From then on it sends the two statements
     * separately, and without a transaction the user setting ends with the first.
     */
    private static final Set<String> TYPED =
        Set.of("setBoolean", "setBytes", "setInt", "setLong", "setObject", "setShort", "setString");

    /** Types of the nulls that the driver sends with a type, unlike those of times. */
    private static final Set<Integer> TYPED_NULLS =
        Set.of(Types.BIGINT, Types.BOOLEAN, Types.INTEGER, Types.SMALLINT, Types.VARCHAR);

    private final PreparedStatement statement;
    private boolean typed = true;

    UserScopedStatement(PreparedStatement statement) {
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
                    ? TYPED_NULLS.contains(args[1])
                    : TYPED.contains(method.getName()) && args[1] != null;
          }
        }
      }
      return call(statement, method, args);
    }

    private Object execute(String how) throws SQLException {
      if (!typed && statement.getConnection().getAutoCommit()) {
        return executeInTransaction(how);
      }
      execute();
      boolean rows = statement.getMoreResults();
      return switch (how) {
        case "execute" -> rows;
        case "executeQuery" -> statement.getResultSet();
        default -> statement.getUpdateCount();
      };
    }

    /**
     * Runs both statements in one transaction, for a parameter without a type. The server must not
     * prepare them, because that would affect later values with a type.
     */
    private Object executeInTransaction(String how) throws SQLException {
      Connection connection = statement.getConnection();
      ((PGStatement) statement).setPrepareThreshold(0);
      connection.setAutoCommit(false);
      try {
        Object result = execute(how);
        connection.commit();
        return result;
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    }

    /** Repeats a statement that the session has not prepared, if nothing was executed before it. */
    private void execute() throws SQLException {
      BaseConnection connection = statement.getConnection().unwrap(BaseConnection.class);
      boolean first = connection.getTransactionState() == TransactionState.IDLE;
      for (int repeats = 0; ; repeats++) {
        try {
          statement.execute();
          return;
        } catch (SQLException e) {
          if (!first || repeats == REPEATS || !DatabaseFailure.isUnprepared(e)) {
            throw e;
          }
          stopPreparing(e);
          if (!connection.getAutoCommit()) {
            connection.rollback();
          }
          ((PGStatement) statement).setPrepareThreshold(0);
        }
      }
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
