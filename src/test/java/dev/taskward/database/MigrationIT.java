package dev.taskward.database;

import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
import dev.taskward.task.SearchColumns;
import dev.taskward.task.V3__FillTaskFields;
import io.restassured.specification.RequestSpecification;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.migration.JavaMigration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Upgrades from the baseline and from every later release. The packaged application migrates a
 * database with data of that version, loses none of it and works.
 */
@Execution(ExecutionMode.CONCURRENT)
class MigrationIT {

  private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");

  private static final Pattern MIGRATION = Pattern.compile("V(\\d+)__\\w+\\.(?:sql|java)");

  /** Tasks of ten users; user 3 has the tasks whose ids end in 3. */
  private static final String TASKS =
      """
      insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,
        purge_at, version)
      select n, 'user-' || n % 10,
        case n % 5 when 0 then repeat('𝄞', 255) when 1 then ' "Äpfel" \\ %_ Øl ' || n
          when 2 then 'FUẞBALL ' || n else 'Buy milk ' || n end,
        case when n % 4 > 0 then 'Straße ' || n || chr(10) || repeat('ẞ', n::int % 480) end,
        n % 3 = 0,
        n % 20 = 0,
        timestamptz '2025-01-01 00:00:00.123456Z' + n * interval '1.5 second',
        timestamptz '2025-06-01 00:00:00.654321Z' + n * interval '1 second',
        case when n % 20 = 0 then timestamptz '2100-01-01Z' + n * interval '1 s' end,
        1 + n % 7
      from (select nextval('task_id_seq') as n from generate_series(1, 20000)) ids
      """;

  private static final String KEYS =
      """
      insert into idempotency_key
      select gen_random_uuid(), 'user-' || n % 10, sha256(n::text::bytea), 201,
        'Location: /api/v1/tasks/' || n, '{}', now() - n * interval '1 minute'
      from generate_series(1, 1000) n
      """;

  /**
   * Tasks with all fields, older than the others. {@code Task 21003} sorts as {@code task 521003}.
   */
  private static final String TASKS_WITH_ALL_FIELDS =
      """
      insert into task (id, user_id, title, description, due, due_zone, due_key, priority, tags,
        position, metadata, completed, completed_at, deleted, deleted_at, created_at, updated_at,
        purge_at, version, search, title_key)
      select n, 'user-' || n % 10, 'Task ' || n, 'Details', '2026-07-13T18:00', 'Europe/Berlin',
        timestamp '2026-07-13 16:00', 1 + n % 4, '{Home,"a b"}', 'a' || n, '{"color":"Green"}',
        n % 3 = 0, case when n % 3 = 0 then at + interval '1 hour' end,
        n % 4 = 0, case when n % 4 = 0 then at + interval '2 hours' end,
        at, at + interval '1 day',
        case when n % 4 = 0 then timestamptz '2100-01-01Z' + n * interval '1 s' end, 1 + n % 7,
        'task ' || n || chr(10) || 'details' || chr(10) || 'home' || chr(10) || 'a b',
        'task ' || length(n::text) || n
      from (
        select n, timestamptz '2024-01-01 00:00:00.123456Z' + n * interval '1 s' as at
        from (select nextval('task_id_seq') as n from generate_series(1, 2000)) ids
      ) tasks
      """;

  /**
   * The versions of the schema that releases have, and the data of each, written by a role that
   * bypasses row-level security.
   */
  private static final SortedMap<Integer, List<String>> RELEASES =
      new TreeMap<>(
          Map.of(
              1, List.of(TASKS, KEYS),
              3, List.of(TASKS_WITH_ALL_FIELDS),
              4, List.of("update task set version = version + 1 where id % 100 = 99"),
              5, List.of("update task set version = version + 1 where id % 100 = 98")));

  private static final JavaMigration[] JAVA_MIGRATIONS = {new V3__FillTaskFields()};

  private static EmbeddedPostgres postgres;

  /** Each version's database is a copy of the previous one plus its migrations. */
  @BeforeAll
  static void databasesOfEveryVersion() throws Exception {
    postgres = EmbeddedPostgres.start();
    execute("postgres", "create role taskward login");
    String template = "template1";
    for (int version : RELEASES.keySet()) {
      execute("postgres", "create database v" + version + " owner taskward template " + template);
      migrateAndFill("v" + version, version);
      template = "v" + version;
    }
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  static Set<Integer> versions() {
    return RELEASES.keySet();
  }

  /** Without data of a version, a loss in the next migration would go unnoticed. */
  @Test
  void theNewestVersionHasItsData() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main"))) {
      int newest =
          files
              .map(file -> MIGRATION.matcher(file.getFileName().toString()))
              .filter(Matcher::matches)
              .mapToInt(migration -> Integer.parseInt(migration.group(1)))
              .max()
              .orElseThrow();

      assertEquals(newest, RELEASES.lastKey());
    }
  }

  @ParameterizedTest
  @MethodSource("versions")
  void anUpgradeLosesNoData(int version) throws Exception {
    String database = "v" + version;
    Map<String, String> columns = columns(database);
    Map<String, String> before = contents(database, columns);
    assertEquals(version < 4 ? 20 : 30, before.size(), before.toString());
    try (PackagedApplication.Running service = running(database)) {

      assertEquals(before, contents(database, columns));
      assertNewColumnsAreFilled(database);
      assertCountersAreExact(database);
      assertTablesAreProtected(database);
      assertServiceWorks(service, database);
      if (version >= 3) {
        assertAllFieldsAreServed(service);
      }
      service.stopWithoutWarning();
    }
  }

  private static void assertNewColumnsAreFilled(String database) throws SQLException {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection()) {
      assertEquals(
          one(database, "select count(*) from task"),
          Integer.toString(SearchColumns.assertCurrent(connection, "true")));
    }
    assertEquals(
        "0",
        one(
            database,
            """
            select count(*) from task where id <= 20000 and (
              completed_at is distinct from case when completed then updated_at end
              or deleted_at is distinct from case when deleted then updated_at end)
            """));
  }

  private static void assertCountersAreExact(String database) throws SQLException {
    assertEquals(
        "10 0",
        one(
            database,
            """
            select count(*) || ' ' || count(*) filter (where
              (open_tasks, completed_tasks, deleted_tasks, numbers)
                is distinct from (open, done, gone, tasks) or last is distinct from seq)
            from task_counter full join (
              select user_id, count(*) as tasks, count(distinct change_seq) as numbers,
                max(change_seq) as last,
                count(*) filter (where not deleted and not completed) as open,
                count(*) filter (where not deleted and completed) as done,
                count(*) filter (where deleted) as gone
              from task group by user_id) task using (user_id)
            """));
  }

  /** The migrations have to see the rows of all users for a while. */
  private static void assertTablesAreProtected(String database) throws SQLException {
    assertEquals(
        "idempotency_key task task_counter",
        one(
            database,
            """
            select string_agg(relname::text, ' ' order by relname) from pg_class
            where relrowsecurity and relforcerowsecurity
            """));
    try (Connection connection = postgres.getDatabase("taskward", database).getConnection();
        Statement sql = connection.createStatement()) {
      assertEquals(0, sql.executeUpdate("update task set title = title"));
    }
  }

  private static void assertServiceWorks(PackagedApplication.Running service, String database)
      throws SQLException {
    String living = " from task where user_id = 'user-3' and not deleted";
    String tasks = service.url(User.TASKS);
    as("user-3")
        .get(tasks + "?count=true&limit=1")
        .then()
        .statusCode(200)
        .header("Total-Count", one(database, "select count(*)" + living))
        .body(
            "[0].id",
            equalTo(
                Integer.parseInt(
                    one(
                        database,
                        "select id" + living + " order by created_at desc, id desc limit 1"))));
    as("user-3")
        .get(tasks + "/14243")
        .then()
        .statusCode(200)
        .header("ETag", "\"6\"")
        .body("title", equalTo("Buy milk 14243"))
        .body("description", equalTo("Straße 14243\n" + "ẞ".repeat(323)))
        .body("completed", equalTo(false))
        .body("created_at", equalTo("2025-01-01T05:56:04.623456Z"))
        .body("updated_at", equalTo("2025-06-01T03:57:23.654321Z"));
    as("user-3").queryParam("q", "MILK 14243").get(tasks).then().body("id", contains(14243));
    as("user-3").queryParam("q", "strasse 14243").get(tasks).then().body("id", contains(14243));
    as("user-2").queryParam("q", "fussball 14242").get(tasks).then().body("id", contains(14242));
    as("user-3")
        .get(tasks + "/14253")
        .then()
        .body("completed", equalTo(true))
        .body("completed_at", equalTo("2025-06-01T03:57:33.654321Z"))
        .body("tags", empty())
        .body("metadata", anEmptyMap());
    as("user-0")
        .get(tasks + "/20000?deleted=true")
        .then()
        .body("deleted_at", equalTo("2025-06-01T05:33:20.654321Z"))
        .body("purge_at", equalTo("2100-01-01T05:33:20.000000Z"));
    as("user-6")
        .queryParam("q", "apfel\" \\ %_ ol 14246")
        .get(tasks)
        .then()
        .body("id", contains(14246));
    as("user-3")
        .header("If-Match", "\"6\"")
        .patch(tasks + "/14243/complete")
        .then()
        .statusCode(200)
        .header("ETag", "\"7\"")
        .body("completed", equalTo(true));
    as("user-0").get(tasks + "?deleted=true&limit=1000").then().body("id", hasItem(20_000));
    as("user-0").post(tasks + "/20000/restore").then().statusCode(200);
    as("user-0").get(tasks + "/20000").then().body("title", equalTo("𝄞".repeat(255)));

    as("user-4").get(tasks + "/14243").then().statusCode(403);
    as("user-4").patch(tasks + "/14243/complete").then().statusCode(403);
    as("user-4").queryParam("q", "MILK 14243").get(tasks).then().body("", empty());
    as("stranger").get(tasks).then().body("", empty());

    int last = Integer.parseInt(one(database, "select max(id) from task"));
    int id = service.create(as("stranger"));
    assertEquals(last + 1, id, "the next value of the sequence");
  }

  private static void assertAllFieldsAreServed(PackagedApplication.Running service) {
    as("user-3")
        .get(service.url(User.TASKS) + "/21003")
        .then()
        .statusCode(200)
        .body("title", equalTo("Task 21003"))
        .body("due", equalTo("2026-07-13T18:00"))
        .body("due_zone", equalTo("Europe/Berlin"))
        .body("priority", equalTo("urgent"))
        .body("tags", contains("Home", "a b"))
        .body("position", equalTo("a21003"))
        .body("metadata", equalTo(Map.of("color", "Green")))
        .body("completed_at", equalTo("2024-01-01T06:50:03.123456Z"));
    as("user-3")
        .queryParam("q", "\"A B\" 21003")
        .queryParam("sort", "due")
        .queryParam("min_priority", "urgent")
        .get(service.url(User.TASKS))
        .then()
        .body("id", contains(21003));
  }

  private static void migrateAndFill(String database, int version) throws SQLException {
    Flyway.configure()
        .dataSource(postgres.getDatabase("taskward", database))
        .locations("filesystem:" + MIGRATIONS)
        .javaMigrations(JAVA_MIGRATIONS)
        .target(Integer.toString(version))
        .load()
        .migrate();
    for (String statement : RELEASES.get(version)) {
      execute(database, statement);
    }
  }

  /** The columns of each table with rows of users, without those that are made of others. */
  private static Map<String, String> columns(String database) throws SQLException {
    return map(
        database,
        """
        select table_name, string_agg(column_name, ', ' order by ordinal_position)
        from information_schema.columns
        where table_schema = 'public' and column_name not in ('search', 'title_key') group by 1
        having bool_or(column_name = 'user_id')
        """);
  }

  /** The number and a digest of each user's rows in each table. */
  private static Map<String, String> contents(String database, Map<String, String> columns)
      throws SQLException {
    Map<String, String> contents = new TreeMap<>();
    for (Map.Entry<String, String> table : columns.entrySet()) {
      contents.putAll(
          map(
              database,
              """
              select '%1$s of ' || user_id,
                count(*) || ' ' || md5(string_agg(row(%2$s)::text, chr(10) order by row(%2$s)::text))
              from %1$s group by user_id
              """
                  .formatted(table.getKey(), table.getValue())));
    }
    return contents;
  }

  private static Map<String, String> map(String database, String query) throws SQLException {
    Map<String, String> map = new TreeMap<>();
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement sql = connection.createStatement();
        ResultSet rows = sql.executeQuery(query)) {
      while (rows.next()) {
        map.put(rows.getString(1), rows.getString(2));
      }
    }
    return map;
  }

  private static String one(String database, String query) throws SQLException {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement sql = connection.createStatement();
        ResultSet row = sql.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void execute(String database, String statement) throws SQLException {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }

  private static PackagedApplication.Running running(String database) throws IOException {
    Map<String, String> settings = new TreeMap<>();
    settings.put(
        "DATABASE_URL", "postgresql://taskward@localhost:" + postgres.getPort() + "/" + database);
    settings.put("BETTER_AUTH_SECRET", Tokens.SECRET);
    return new PackagedApplication.Running(settings);
  }

  private static RequestSpecification as(String user) {
    return new User(user).authorized();
  }
}
