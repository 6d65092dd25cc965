package dev.taskward.database;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ApiDocument;
import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import io.quarkus.arc.Arc;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.jwt.auth.principal.DefaultJWTCallerPrincipal;
import io.vertx.core.json.JsonArray;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import java.sql.Connection;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jose4j.jwt.JwtClaims;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The database itself isolates users. Code that bypasses the discriminator by mistake reaches no
 * rows of another user. All tests use one connection, which serves all users in turn.
 */
@QuarkusTest
class RowLevelSecurityTest {

  private static final String SET_USER = "select set_config('taskward.user_id', $1, true)";
  private static final Pattern TABLES =
      Pattern.compile("(?i)\\b(task|task_counter|idempotency_key)\\b");

  /** Statements of {@code TaskSql}, which must filter by the user themselves. */
  private static final Pattern TASK_SQL =
      Pattern.compile(
          " from task where | from task_counter (where|left join)|^update task set completed = not ");

  /** PostgreSQL's insufficient_privilege, for a row that violates the policy. */
  private static final String REFUSED = "42501";

  @Inject EntityManager database;
  @Inject AgroalDataSource pool;
  @Inject UserSql gateway;
  @Inject CurrentIdentityAssociation identity;

  final PostgresProxy wire = TestDatabase.proxy();
  final User alice = User.fresh();
  final User bob = User.fresh();

  long alices;
  long bobs;

  int connections;

  @BeforeEach
  void useOneConnection() {
    connections = pool.getConfiguration().connectionPoolConfiguration().maxSize();
    setConnections(1);
  }

  @AfterEach
  void restoreConnections() {
    setConnections(connections);
  }

  private void setConnections(int max) {
    pool.getConfiguration().connectionPoolConfiguration().setMaxSize(max);
    pool.flush(FlushMode.GRACEFUL);
  }

  @BeforeEach
  void createATaskOfEachUser() {
    alices = alice.has("alice's");
    bobs = bob.has("bob's");
  }

  @Test
  void nativeSqlReadsOnlyTheCurrentUsersRows() {
    assertEquals(List.of("bob's"), as(bob, () -> titles("select title from task")));
    assertEquals(List.of(), as(bob, () -> titles("select title from task where id = " + alices)));
    assertEquals(List.of("alice's"), as(alice, () -> titles("select title from task")));
  }

  @Test
  void anInjectedClauseFindsNoOtherRows() {
    String injected =
        "select title from task where user_id = '%s' or 1 = 1 --".formatted(bob.name());
    String union = "select '' from task where false union all select title from task";

    assertEquals(List.of("bob's"), as(bob, () -> titles(injected)));
    assertEquals(List.of("bob's"), as(bob, () -> titles(union)));
  }

  @Test
  void nativeSqlChangesOnlyTheCurrentUsersRows() {
    assertEquals(1, (int) as(bob, () -> change("update task set title = 'mine' where 1 = 1")));
    assertEquals(0, (int) as(bob, () -> change("delete from task where id = " + alices)));
    assertEquals(1, (int) as(bob, () -> change("delete from task")));

    alice.get(alices).body("title", equalTo("alice's"));
  }

  @Test
  void noRowCanBeWrittenForAnotherUser() {
    String give = "update task set user_id = '%s'".formatted(alice.name());
    String forge =
        """
        insert into task
          (id, user_id, title, completed, deleted, created_at, updated_at, search, title_key)
        values (%d, '%s', 'forged', false, false, now(), now(), 'forged', 'forged')
        """
            .formatted(-bobs, alice.name());

    for (String sql : List.of(give, forge)) {
      Throwable refusal = assertThrows(RuntimeException.class, () -> as(bob, () -> change(sql)));
      while (!(refusal instanceof SQLException)) {
        refusal = refusal.getCause();
      }
      assertEquals(REFUSED, ((SQLException) refusal).getSQLState());
    }
    alice.list("").body("title", contains("alice's"));
  }

  @Test
  void anEntityWithoutDiscriminatorReachesOnlyTheCurrentUsersRows() {
    assertEquals(1L, as(bob, () -> UnscopedTask.count()));
    assertEquals(null, as(bob, () -> UnscopedTask.findById(alices)));
    assertEquals(1, (long) as(bob, () -> (long) UnscopedTask.update("title = 'mine'")));
    assertEquals(1L, as(bob, () -> UnscopedTask.deleteAll()));

    alice.get(alices).body("title", equalTo("alice's"));
  }

  @Test
  void storedResponsesAreVisibleToTheirUserOnly() {
    for (User user : List.of(alice, bob)) {
      user.request()
          .header("Idempotency-Key", "k")
          .contentType("application/json")
          .body("{}")
          .post(User.TASKS)
          .then()
          .statusCode(201);
    }

    String owners = "select user_id from idempotency_key";
    assertEquals(List.of(bob.name()), as(bob, () -> titles(owners)));
    assertEquals(1, (int) as(bob, () -> change("delete from idempotency_key")));
    assertEquals(List.of(alice.name()), as(alice, () -> titles(owners)));
  }

  /** This also holds for a role that owns the tables, as the service's role does here. */
  @Test
  void withoutACurrentUserNoRowIsVisible() throws SQLException {
    try (Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement()) {
      assertSeesNothing(sql);
      sql.execute("select set_config('taskward.user_id', '', false)");
      assertSeesNothing(sql);
      sql.execute("select set_config('taskward.user_id', '%', false)");
      assertSeesNothing(sql);
      sql.execute("select set_config('taskward.user_id', '" + alice.name() + "', false)");
      assertEquals(1, sql.executeUpdate("update task set title = title"));
    }
  }

  /** A statement that asks for the numbers of several users opens nothing else. */
  @Test
  void theHeadsOfUsersAreNumbersOnly() throws SQLException {
    try (Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement()) {
      String heads = "select count(*) from task_heads('{%s,%s}')";
      assertEquals("2", one(sql, heads.formatted(alice.name(), bob.name())));
      assertSeesNothing(sql);

      sql.execute("select set_config('taskward.heads', 'on', false)");
      assertEquals("0", one(sql, "select count(*) from task"));
      assertEquals(0, sql.executeUpdate("update task_counter set seq = 0"));
      assertEquals(0, sql.executeUpdate("delete from task_counter"));
    }
  }

  private static void assertSeesNothing(Statement sql) throws SQLException {
    assertEquals("0", one(sql, "select count(*) from task"));
    assertEquals("0", one(sql, "select count(*) from idempotency_key"));
    assertEquals("0", one(sql, "select count(*) from task_counter"));
    assertEquals(0, sql.executeUpdate("update task_counter set seq = 0"));
    assertEquals(0, sql.executeUpdate("delete from task_counter"));
    assertEquals(0, sql.executeUpdate("update task set title = 'mine'"));
    assertEquals(0, sql.executeUpdate("delete from task"));
    assertEquals(0, sql.executeUpdate("delete from idempotency_key"));
  }

  /** Tests requests of several users in turn, and transactions that commit or roll back. */
  @Test
  void theUserDoesNotStayOnTheConnection() throws SQLException {
    for (int i = 0; i < 10; i++) {
      alice.list("").body("title", contains("alice's"));
      assertNoUser();
      bob.list("").body("title", contains("bob's"));
      assertNoUser();
      alice.flip(alices).statusCode(200);
      assertNoUser();
      bob.flip(alices).statusCode(403);
      assertNoUser();
    }
  }

  /** Checks the pool's only connection, as the service's jobs get it. */
  private void assertNoUser() throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement setting =
            connection.prepareStatement(
                "select coalesce(current_setting('taskward.user_id', true), '')");
        PreparedStatement count = connection.prepareStatement("select count(*) from task")) {
      for (PreparedStatement sql : List.of(setting, count)) {
        try (ResultSet rows = sql.executeQuery()) {
          rows.next();
          assertEquals(sql == setting ? "" : "0", rows.getString(1));
        }
      }
    }
  }

  @Test
  void parallelUsersSeeOnlyTheirOwnRows() {
    List<User> users = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      users.add(User.fresh());
    }
    users.forEach(user -> user.has(user.name()));
    ExecutorService threads = Executors.newFixedThreadPool(users.size());
    try {
      List<CompletableFuture<Void>> runs =
          users.stream()
              .map(
                  user ->
                      CompletableFuture.runAsync(
                          () -> {
                            for (int i = 0; i < 50; i++) {
                              List<String> seen = as(user, () -> titles("select title from task"));
                              assertEquals(List.of(user.name()), seen);
                              as(user, () -> change("update task set completed = not completed"));
                            }
                          },
                          threads))
              .toList();
      runs.forEach(CompletableFuture::join);
    } finally {
      threads.shutdown();
    }
    users.forEach(user -> user.list("").body("version", contains(1)));
  }

  /** The driver prepares a statement on the server when it runs for the fifth time. */
  @Test
  void pagesAreCompleteWithPreparedStatements() {
    alice.has("second");
    for (int i = 0; i < 12; i++) {
      String next = alice.list("?limit=1").extract().header("Link").replaceAll("<(.*)>.*", "$1");
      alice.request().urlEncodingEnabled(false).get(next).then().body("title", contains("alice's"));
    }
  }

  /** Without a transaction, and often enough for the driver to prepare the statement. */
  @Test
  void aNullOfAnyTypeFindsTheUsersRows() {
    for (JDBCType type :
        List.of(
            JDBCType.VARCHAR,
            JDBCType.BIGINT,
            JDBCType.BOOLEAN,
            JDBCType.DATE,
            JDBCType.TIMESTAMP,
            JDBCType.TIMESTAMP_WITH_TIMEZONE,
            JDBCType.BINARY,
            JDBCType.NULL)) {
      String titles = "select title from task where cast(? as %s) is null".formatted(SQL.get(type));
      for (int i = 0; i < 12; i++) {
        assertEquals(List.of("alice's"), outsideOfTransactions(alice, titles, type), titles);
      }
    }
  }

  private static final Map<JDBCType, String> SQL =
      Map.of(
          JDBCType.VARCHAR, "varchar",
          JDBCType.BIGINT, "bigint",
          JDBCType.BOOLEAN, "boolean",
          JDBCType.DATE, "date",
          JDBCType.TIMESTAMP, "timestamp",
          JDBCType.TIMESTAMP_WITH_TIMEZONE, "timestamptz",
          JDBCType.BINARY, "bytea",
          JDBCType.NULL, "jsonb");

  private List<String> outsideOfTransactions(User user, String titles, JDBCType type) {
    return as(
        user,
        () ->
            QuarkusTransaction.suspendingExisting()
                .call(
                    () -> {
                      try (Connection connection = pool.getConnection();
                          PreparedStatement sql = connection.prepareStatement(titles)) {
                        sql.setNull(1, type.getVendorTypeNumber());
                        List<String> found = new ArrayList<>();
                        try (ResultSet rows = sql.executeQuery()) {
                          while (rows.next()) {
                            found.add(rows.getString(1));
                          }
                        }
                        return found;
                      }
                    }));
  }

  /** First some nulls, then values: at the fifth time the driver prepares the statement. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 10})
  void theGatewayAcceptsNullsAndValuesOfOneParameter(int nulls) {
    for (int i = 0; i < 25; i++) {
      boolean isNull = i < nulls || i > 15 && i % 2 == 0;
      Instant purgeAt = isNull ? null : Instant.parse("2100-01-01T00:00:00Z");
      boolean stored =
          as(
                  alice,
                  () ->
                      QuarkusTransaction.suspendingExisting()
                          .call(
                              () ->
                                  gateway.run(
                                      new UserSql.Insert<>(
                                          "task",
                                          "id, title, completed, deleted, created_at, updated_at,"
                                              + " search, title_key, purge_at",
                                          "nextval('task_id_seq'), ?, false, true, now(), now(),"
                                              + " '', '', ?",
                                          "set_config('taskward.quota', ?, true)",
                                          Arrays.asList("with or without", purgeAt, "1000"),
                                          "purge_at is null as none" + nulls,
                                          row -> row.getBoolean("none" + nulls)))))
              .get(0);
      assertEquals(isNull, stored, "run " + i);
    }
  }

  @Test
  void aConditionCannotReachOtherUsersRows() {
    long id = bob.has("bob's second");
    wire.reset();
    List<String> users =
        as(
            bob,
            () ->
                gateway.run(
                    new UserSql.Query<>(
                        "select user_id from task",
                        List.of(),
                        "id = ? or true",
                        List.of(id),
                        " limit 10",
                        row -> row.getString("user_id"))));
    assertEquals(List.of(bob.name(), bob.name()), users);
    // Row-level security would hide the effect of a wrong statement.
    assertTrue(
        wire.work().toString().contains("where user_id = $1 and (id = $2 or true)"),
        wire.work().toString());
  }

  @Test
  void everyTableWithRowsOfUsersIsProtected() throws SQLException {
    try (Connection connection = TestDatabase.connect();
        Statement sql = connection.createStatement()) {
      String tables =
          """
          select string_agg(relname::text, ' ' order by relname) from pg_class c
          where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
            and exists (select from pg_attribute where attrelid = c.oid and attname = 'user_id')
          """;
      String all = one(sql, tables);
      assertEquals("idempotency_key task task_counter", all);
      assertEquals(
          all,
          one(
              sql,
              tables
                  + """
                  and relrowsecurity and relforcerowsecurity
                  and exists (select from pg_policy where polrelid = c.oid)
                  and exists (select from pg_index i join pg_attribute a on attrelid = c.oid
                    where indrelid = c.oid and indisprimary and attname = 'user_id'
                      and attnum = any (indkey))
                  and obj_description(c.oid, 'pg_class') like 'Taskward:%'
                  """));
    }
  }

  /** In every endpoint, the statement before it sets the user, in the same round trip. */
  @Test
  void noStatementOnTheTablesIsSentWithoutItsUser() {
    for (ApiDocument.Operation operation : ApiDocument.operations()) {
      long id = alice.has("Buy milk");
      wire.reset();

      operation.send(alice.request().header("Idempotency-Key", "k" + id), id);

      List<String> sent = wire.statements();
      long scoped = 0;
      for (int i = 0; i < sent.size(); i++) {
        if (TABLES.matcher(sent.get(i)).find()) {
          // A list sends the counter's statement in the same round trip.
          int before = sent.get(i - 1).contains(" from task_counter where ") ? i - 2 : i - 1;
          assertTrue(sent.get(before).startsWith(SET_USER), sent.toString());
          boolean isTaskSql = TASK_SQL.matcher(sent.get(i)).find();
          assertTrue(!isTaskSql || sent.get(i).contains(" where user_id = $"), sent.get(i));
          scoped++;
        }
      }
      assertTrue(scoped > 0, operation + ": " + sent);
    }
  }

  /** Otherwise it would choose a more expensive plan. */
  @Test
  void policiesDoNotChangeThePlannersEstimates() throws SQLException {
    String all = "select * from task where user_id = '%s'".formatted(alice.name());
    try (Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement();
        Connection superuser = TestDatabase.connect();
        Statement free = superuser.createStatement()) {
      free.execute(
          """
          insert into task
            (id, user_id, title, completed, deleted, created_at, updated_at, search, title_key)
          select 3000000000 + n, '%s', 'task', false, false, now(), now(), 'task', 'task'
          from generate_series(1, 1000) n
          """
              .formatted(alice.name()));
      free.execute("analyze task");
      sql.execute("select set_config('taskward.user_id', '%s', false)".formatted(alice.name()));

      double without = expectedRows(free, all);
      assertTrue(without > 500, () -> without + " rows");
      assertEquals(without, expectedRows(sql, all), without / 100);
    }
  }

  private static double expectedRows(Statement sql, String query) throws SQLException {
    return new JsonArray(one(sql, "explain (format json) " + query))
        .getJsonObject(0)
        .getJsonObject("Plan")
        .getDouble("Plan Rows");
  }

  @Test
  void theExistencePolicyShowsOneRowForReadingOnly() throws SQLException {
    try (Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement()) {
      connection.setAutoCommit(false);
      assertEquals("t", one(sql, "select task_exists(" + alices + ")"));
      assertEquals("f", one(sql, "select task_exists(-1)"));
      assertSeesNothing(sql);

      // With the setting, this one row is visible, for reading only.
      sql.execute("select set_config('taskward.exists', '" + alices + "', true)");
      assertEquals("1", one(sql, "select count(*) from task"));
      assertEquals(0, sql.executeUpdate("update task set title = 'mine'"));
      assertEquals(0, sql.executeUpdate("delete from task"));
      connection.rollback();
    }
  }

  @Test
  void thePurgePolicyCoversOnlyDeletedTasksThatAreDue() throws SQLException {
    long due = alice.has("due");
    alice.delete(due).statusCode(204);
    long trashed = alice.has("not due");
    alice.delete(trashed).statusCode(204);
    try (Connection superuser = TestDatabase.connect();
        Statement sql = superuser.createStatement()) {
      sql.execute("update task set purge_at = now() where id = " + due);
    }
    try (Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement()) {
      connection.setAutoCommit(false);
      sql.execute("select set_config('taskward.purge', 'on', true)");
      String ours = " where id in (%d, %d, %d)".formatted(alices, due, trashed);
      assertEquals("1", one(sql, "select count(*) from task" + ours));
      SQLException refusal =
          assertThrows(
              SQLException.class, () -> sql.executeUpdate("update task set user_id = 'me'" + ours));
      assertEquals(REFUSED, refusal.getSQLState());
      connection.rollback();

      assertTrue(Integer.parseInt(one(sql, "select task_purge(1000)")) >= 1);
      assertSeesNothing(sql);
      connection.commit();
    }
    alice.list("?deleted=true").body("title", contains("not due"));
  }

  @Test
  void theSweepPolicyCoversOnlyOlderKeys() throws SQLException {
    try (Connection superuser = TestDatabase.connect();
        Statement insert = superuser.createStatement();
        Connection connection = TestDatabase.connectAsService();
        Statement sql = connection.createStatement()) {
      insert.execute(
          """
          insert into idempotency_key
          select gen_random_uuid(), '%s', '', 200, '', '', now() - n * interval '1 year'
          from generate_series(10, 12) n
          """
              .formatted(alice.name()));
      connection.setAutoCommit(false);
      sql.execute(
          "select set_config('taskward.sweep', (now() - interval '11.5 years')::text, true)");
      assertEquals("1", one(sql, "select count(*) from idempotency_key"));
      connection.rollback();

      assertEquals(
          "2", one(sql, "select idempotency_key_sweep(now() - interval '10.5 years', 1000)"));
      assertSeesNothing(sql);
      connection.commit();
      assertEquals(
          "1",
          one(
              insert,
              "select count(*) from idempotency_key where user_id = '%s'".formatted(alice.name())));
    }
  }

  private <T> T as(User user, Supplier<T> code) {
    Arc.container().requestContext().activate();
    try {
      JwtClaims claims = new JwtClaims();
      claims.setSubject(user.name());
      identity.setIdentity(
          QuarkusSecurityIdentity.builder()
              .setPrincipal(new DefaultJWTCallerPrincipal(claims))
              .build());
      return QuarkusTransaction.requiringNew().call(code::get);
    } finally {
      Arc.container().requestContext().terminate();
    }
  }

  @SuppressWarnings("unchecked")
  private List<String> titles(String sql) {
    return database.createNativeQuery(sql, String.class).getResultList();
  }

  private int change(String sql) {
    return database.createNativeQuery(sql).executeUpdate();
  }

  private static String one(Statement sql, String query) throws SQLException {
    try (ResultSet rows = sql.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
