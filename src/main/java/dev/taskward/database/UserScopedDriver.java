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
public class UserScopedDriver extends Driver {

  private static final Logger LOG = Logger.getLogger(UserScopedDriver.class);

  private static final String CALLER = "select set_config('taskward.user_id', ?, true)";

  /**
   * For how long the transaction may wait for the service: one that is frozen, or cut off, keeps no
   * rows from the others. Not for the session, which behind a pooler may be Flyway's next, whose
   * lock is a transaction that waits while another one migrates.
   */
  private static final String BOUND =
      ", set_config('idle_in_transaction_session_timeout', '10s', true)";

  /**
   * The first statement of a session. It does not rely on the role's defaults: at another isolation
   * parallel changes of a row fail, and with row_security=off every statement does. The server
   * stops a statement whose client is gone, so that a write that got 503 is not done later; on
   * Windows it cannot.
   */
  private static final String SESSION =
      """
      do 'begin
        set default_transaction_isolation = ''read committed'';
        set row_security = on;
        begin set client_connection_check_interval = ''1s''; exception when others then null; end;
      end'
      """;

  /** How often a statement is sent again when the session has not what it had prepared. */
  private static final int REPEATS = 3;

  /** False once a pooler was met that does not support prepared statements. */
  private static final AtomicBoolean PREPARES = new AtomicBoolean(true);

  static void stopPreparing(SQLException reason) {
    if (PREPARES.compareAndSet(true, false)) {
      LOG.warnf(
          "The pooler in front of the database does not support prepared statements; the service"
              + " goes on without them. Set prepareThreshold=0 in DATABASE_URL, or"
              + " max_prepared_statements in PgBouncer 1.21 or newer. (%s)",
          reason.getMessage());
    }
  }

  /**
   * @throws SQLException of {@link DatabaseFailure#ofConnect}, which no statement of a request is
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
      return proxy(Connection.class, new CallersConnection(connection, prepareThreshold));
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

  @RegisterForProxy(targets = Connection.class) // once a class: Quarkus passes over repeated ones
  private record CallersConnection(Connection connection, int prepareThreshold)
      implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
      if (!method.getName().equals("prepareStatement")) {
        return call(connection, method, args);
      }
      // The forms that return generated keys can't have a statement before them.
      Optional<String> caller =
          args.length == 1 || args.length == 3 || args.length == 4
              ? CurrentUser.ofThisThread()
              : Optional.empty();
      boolean prepares = PREPARES.get();
      if (caller.isPresent()) {
        // Other text is another statement to the driver, of which it has prepared nothing yet.
        String end = prepares ? ";" : "; ";
        args[0] = CALLER + (connection.getAutoCommit() ? end : BOUND + end) + args[0];
      }
      PreparedStatement statement = (PreparedStatement) call(connection, method, args);
      if (prepares) {
        ((PGStatement) statement).setPrepareThreshold(prepareThreshold);
      }
      if (caller.isEmpty()) {
        return statement;
      }
      statement.setString(1, caller.get());
      return proxy(PreparedStatement.class, new CallersStatement(statement));
    }
  }

  /** Hides that the statement has another one, with one parameter and one result, before it. */
  @RegisterForProxy(targets = PreparedStatement.class)
  private static class CallersStatement implements InvocationHandler {

    /**
     * Setters whose values reach the server with their type. For any other value the driver asks
     * the server for the type, once a statement is prepared there. From then on it does not send
     * both statements at once, and without a transaction the user's name ends with the first.
     */
    private static final Set<String> TYPED =
        Set.of("setBoolean", "setBytes", "setInt", "setLong", "setObject", "setShort", "setString");

    /** Of other nulls the driver sends no type, of times for instance. */
    private static final Set<Integer> TYPED_NULLS =
        Set.of(Types.BIGINT, Types.BOOLEAN, Types.INTEGER, Types.SMALLINT, Types.VARCHAR);

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

    /** For a parameter without a type: both statements are in one transaction, however sent. */
    private Object executeInTransaction(String how) throws SQLException {
      Connection connection = statement.getConnection();
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

    /** Repeats what failed for want of a prepared statement, if nothing was executed before it. */
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
