package dev.taskward.database;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
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
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The packaged application on a database of every earlier version, with what the releases up to
 * that one wrote: it migrates, loses nothing, and works; and earlier releases work on beside it.
 */
class MigrationIT {

  private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");

  /** Ids come in blocks of 50 that end with what the sequence says; 2,000 blocks at first. */
  private static final String TASKS =
      """
      with block as materialized (
        select nextval('task_id_seq') as top from generate_series(1, %d))
      insert into task (completed, created_at, deleted, description, title, updated_at, user_id, id%s)
      select n %% 3 = 0,
        timestamptz '2025-01-01 00:00:00.123456Z' + n * interval '1.5 second',
        n %% 20 = 0,
        case when n %% 4 > 0 then 'Straße ' || n || chr(10) || repeat('ẞ', n::int %% 480) end,
        case n %% 5 when 0 then repeat('𝄞', 255) when 1 then ' "Äpfel" \\ %%_ Øl ' || n
          else 'Buy milk ' || n end,
        timestamptz '2025-06-01 00:00:00.654321Z' + n * interval '1 second',
        %s, n%s
      from (select top - i as n from block, generate_series(0, 49) i)
      """;

  private static final String OF_TEN_USERS = "'user-' || n % 10";

  private static final List<String> THOSE_OF_A_CALLER =
      List.of(
          "select set_config('taskward.caller', 'user-3', true)",
          TASKS.formatted(20, ", version", "'user-3'", ", 1"));

  /** What each release writes; the one that is being made is not among them. */
  private static final List<List<String>> RELEASES =
      List.of(
          List.of("select nextval('task_id_seq')", TASKS.formatted(2_000, "", OF_TEN_USERS, "")),
          List.of(
              TASKS.formatted(
                  20,
                  ", purge_at, version",
                  OF_TEN_USERS,
                  ", case when n % 20 = 0 then timestamptz '2100-01-01Z' + n * interval '1 s' end,"
                      + " 1 + n % 7"),
              "update task set title = 'Changed ' || id, updated_at = '2025-09-01Z',"
                  + " version = version + 1 where id % 1000 = 1",
              "update task set deleted = true, purge_at = '2100-01-01Z', version = version + 1"
                  + " where id % 1000 = 2"),
          List.of(
              TASKS.formatted(20, ", version", OF_TEN_USERS, ", 1"),
              """
              insert into idempotency_key
              select gen_random_uuid(), 'user-' || n % 10, sha256(n::text::bytea), 201,
                'Location: /api/v1/tasks/' || n, '{}', now() - n * interval '1 minute'
              from generate_series(1, 1000) n
              """),
          THOSE_OF_A_CALLER,
          THOSE_OF_A_CALLER);

  private static EmbeddedPostgres postgres;

  /** Each version's database is a copy of the one before, migrated by one. */
  @BeforeAll
  static void databasesOfEveryEarlierVersion() throws Exception {
    postgres = EmbeddedPostgres.start();
    execute("postgres", "create role taskward login");
    execute("postgres", "create database beside owner taskward");
    for (int version = 1; version <= RELEASES.size(); version++) {
      String template = version == 1 ? "template1" : "v" + (version - 1);
      execute("postgres", "create database v" + version + " owner taskward template " + template);
      migrateAndFill("v" + version, version);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  static IntStream earlierVersions() {
    return IntStream.rangeClosed(1, RELEASES.size());
  }

  /** Else a version has no data here that the next one could lose. */
  @Test
  void everyEarlierVersionHasItsData() throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      assertEquals(
          RELEASES.size() + 1,
          files.filter(file -> file.getFileName().toString().startsWith("V")).count());
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @MethodSource("earlierVersions")
  void nothingIsLostOnTheWayFromAnEarlierVersion(int version) throws Exception {
    String database = "v" + version;
    Map<String, String> columns = columns(database);
    Map<String, String> before = contents(database, columns);
    assertEquals(version < 3 ? 10 : 20, before.size(), before.toString());
    try (PackagedApplication.Running service = running(database, Map.of())) {

      assertEquals(before, contents(database, columns));
      assertEquals(
          "0",
          one(
              database,
              """
              select count(*) from task
              where (%d = 1 and (version <> 1 or purge_at is not null))
                or title_key <> task_title_key(title)
                or search <> task_fold(title) || chr(10) || coalesce(task_fold(description), '')
              """
                  .formatted(version)));
      assertEquals("100000", one(database, "select count(*) from task where id <= 100001"));
      theServiceWorksOn(service, database);
      service.stopWithoutWarning();
    }
  }

  /** User 3 has the tasks whose ids end in 3, the first 100,000 among them. */
  private static void theServiceWorksOn(PackagedApplication.Running service, String database)
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
        .get(tasks + "/54223")
        .then()
        .statusCode(200)
        .header("ETag", "\"1\"")
        .body("title", equalTo("Buy milk 54223"))
        .body("description", equalTo("Straße 54223\n" + "ẞ".repeat(463)))
        .body("completed", equalTo(false))
        .body("created_at", equalTo("2025-01-01T22:35:34.623456Z"))
        .body("updated_at", equalTo("2025-06-01T15:03:43.654321Z"));
    as("user-3").queryParam("q", "MILK 54223").get(tasks).then().body("id", contains(54223));
    as("user-3").queryParam("q", "strasse 54223").get(tasks).then().body("id", contains(54223));
    as("user-6")
        .queryParam("q", "apfel\" \\ %_ ol 54226")
        .get(tasks)
        .then()
        .body("id", contains(54226));
    as("user-3")
        .header("If-Match", "\"1\"")
        .patch(tasks + "/54223/complete")
        .then()
        .statusCode(200)
        .header("ETag", "\"2\"")
        .body("completed", equalTo(true));
    as("user-0").get(tasks + "?deleted=true&limit=1000").then().body("id", hasItem(100_000));
    as("user-0").post(tasks + "/100000/restore").then().statusCode(200);
    as("user-0").get(tasks + "/100000").then().body("title", equalTo("𝄞".repeat(255)));

    as("user-4").get(tasks + "/54223").then().statusCode(403);
    as("user-4").patch(tasks + "/54223/complete").then().statusCode(403);
    as("user-4").queryParam("q", "MILK 54223").get(tasks).then().body("", empty());
    as("stranger").get(tasks).then().body("", empty());

    int last = Integer.parseInt(one(database, "select max(id) from task"));
    int id = service.create(as("stranger"));
    assertEquals(last + 50, id, "the sequence goes on");
  }

  /**
   * What each release sends for a create, a read, a change, a list and a deletion, as it was read
   * off the wire. Those of V3 and later are V2's.
   */
  private static final Map<Integer, List<String>> SENT =
      Map.of(
          1,
          List.of(
              "insert into task (completed,created_at,deleted,description,title,updated_at,user_id,id)"
                  + " values (false,now(),false,null,'By hand','2025-01-01Z','ann',:id)",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,t1_0.title,"
                  + "t1_0.updated_at,t1_0.user_id from task t1_0"
                  + " where t1_0.user_id = 'ann' and t1_0.id=:id",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,t1_0.title,"
                  + "t1_0.updated_at,t1_0.user_id from task t1_0"
                  + " where t1_0.user_id = 'ann' and t1_0.id=:id for no key update",
              "update task set title='Änderung ' || :id,updated_at='2025-01-02Z' where id=:id",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,t1_0.title,"
                  + "t1_0.updated_at,t1_0.user_id from task t1_0 where t1_0.user_id = 'ann'"
                  + " and t1_0.deleted=false and t1_0.id=:id"
                  + " order by t1_0.created_at desc,t1_0.id desc fetch first 101 rows only",
              "update task set deleted=true,updated_at='2025-01-03Z' where id=:id"),
          2,
          List.of(
              "insert into task (completed,created_at,deleted,description,purge_at,title,updated_at,"
                  + "user_id,version,id)"
                  + " values (false,now(),false,null,null,'By hand','2025-01-01Z','ann',1,:id)",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,"
                  + "t1_0.purge_at,t1_0.title,t1_0.updated_at,t1_0.user_id,t1_0.version"
                  + " from task t1_0 where t1_0.user_id = 'ann' and t1_0.id=:id",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,"
                  + "t1_0.purge_at,t1_0.title,t1_0.updated_at,t1_0.user_id,t1_0.version"
                  + " from task t1_0 where t1_0.user_id = 'ann' and t1_0.id=:id for no key update",
              "update task set title='Änderung ' || :id,updated_at='2025-01-02Z',version=2"
                  + " where id=:id and version=1",
              "select t1_0.id,t1_0.completed,t1_0.created_at,t1_0.deleted,t1_0.description,"
                  + "t1_0.purge_at,t1_0.title,t1_0.updated_at,t1_0.user_id,t1_0.version"
                  + " from task t1_0 where t1_0.user_id = 'ann' and t1_0.id=:id and"
                  + " t1_0.deleted=false and t1_0.search like task_search_pattern('änderung ' || :id)"
                  + " escape '!' order by t1_0.title_key,t1_0.id fetch first 101 rows only",
              "update task set deleted=true,purge_at='2100-01-01Z',updated_at='2025-01-03Z',version=3"
                  + " where id=:id and version=2"));

  private static final int NAMES_ITS_CALLER = 4;
  private static final String CALLER = "select set_config('taskward.caller', 'ann', true)";

  /**
   * Until row-level security is in force an earlier release finds what the newest one wrote, and
   * the other way round; then one that names no caller finds nothing. The README says how to get
   * from the first to the second.
   */
  @Execution(ExecutionMode.CONCURRENT)
  @Test
  void earlierReleasesWorkOnBesideIt() throws Exception {
    try (PackagedApplication.Running off =
        running("beside", Map.of("TASKWARD_ROW_LEVEL_SECURITY", "false"))) {
      for (int version : earlierVersions().toArray()) {
        long theirs = Long.parseLong(one("beside", "select nextval('task_id_seq')"));
        assertEquals(1, send(version, 0, theirs));
        for (long id : new long[] {theirs, off.create(as("ann"))}) {
          eachFindsWhatTheOtherWrote(off, version, id);
        }
      }

      try (PackagedApplication.Running on = running("beside", Map.of())) {
        for (int version : earlierVersions().toArray()) {
          int id = on.create(as("ann"));
          boolean named = version >= NAMES_ITS_CALLER;
          for (int statement = 1; statement < 6; statement++) {
            assertEquals(named ? 1 : 0, send(version, statement, id), version + " " + statement);
          }
          if (!named) {
            SQLException refused = assertThrows(SQLException.class, () -> send(1, 0, id + 1));
            assertEquals("42501", refused.getSQLState());
          }
          as("ann").get(on.url(User.TASKS + "/" + id)).then().statusCode(named ? 404 : 200);
        }
      }
    }
  }

  private static void eachFindsWhatTheOtherWrote(
      PackagedApplication.Running service, int version, long id) throws SQLException {
    String task = service.url(User.TASKS + "/" + id);
    for (int statement = 1; statement < 5; statement++) {
      assertEquals(1, send(version, statement, id), version + " " + statement);
    }
    as("ann").get(task).then().statusCode(200).body("title", equalTo("Änderung " + id));
    as("ann")
        .queryParam("q", "anderung " + id)
        .get(service.url(User.TASKS))
        .then()
        .body("id", contains((int) id));
    as("bob").get(task).then().statusCode(403);
    assertEquals(1, send(version, 5, id));
    as("ann").get(task).then().statusCode(404);
    as("ann").post(task + "/restore").then().statusCode(200);
  }

  /** How many rows a release's statement finds or changes. */
  private static int send(int version, int number, long id) throws SQLException {
    String statement = SENT.get(Math.min(version, 2)).get(number);
    try (Connection connection = postgres.getDatabase("taskward", "beside").getConnection();
        Statement sql = connection.createStatement()) {
      connection.setAutoCommit(false);
      if (version >= NAMES_ITS_CALLER) {
        sql.execute(CALLER);
      }
      int rows = 0;
      if (sql.execute(statement.replace(":id", Long.toString(id)))) {
        try (ResultSet result = sql.getResultSet()) {
          while (result.next()) {
            rows++;
          }
        }
      } else {
        rows = sql.getUpdateCount();
      }
      connection.commit();
      return rows;
    }
  }

  private static void migrateAndFill(String database, int version) throws SQLException {
    Flyway.configure()
        .dataSource(postgres.getDatabase("taskward", database))
        .locations("filesystem:" + MIGRATIONS)
        .placeholders(Map.of("row-level-security", "true"))
        .skipDefaultCallbacks(version < 4) // which came with that version
        .target(Integer.toString(version))
        .load()
        .migrate();
    try (Connection connection = postgres.getDatabase("taskward", database).getConnection();
        Statement sql = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String statement : RELEASES.get(version - 1)) {
        sql.execute(statement);
      }
      connection.commit();
    }
  }

  /** Those of each table that has the rows of users, as they are now. */
  private static Map<String, String> columns(String database) throws SQLException {
    return map(
        database,
        """
        select table_name, string_agg(column_name, ', ' order by ordinal_position)
        from information_schema.columns where table_schema = 'public' group by 1
        having bool_or(column_name = 'user_id')
        """);
  }

  /** Number and digest of each user's rows in each table. */
  private static Map<String, String> contents(String database, Map<String, String> columns)
      throws SQLException {
    Map<String, String> contents = new TreeMap<>();
    for (Map.Entry<String, String> table : columns.entrySet()) {
      contents.putAll(
          map(
              database,
              """
              select '%1$s of ' || user_id,
                count(*) || ' ' || md5(string_agg(row(%2$s)::text, chr(10) order by id))
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

  private static PackagedApplication.Running running(String database, Map<String, String> more)
      throws IOException {
    Map<String, String> settings = new TreeMap<>(more);
    settings.put(
        "DATABASE_URL", "postgresql://taskward@localhost:" + postgres.getPort() + "/" + database);
    settings.put("BETTER_AUTH_SECRET", Tokens.SECRET);
    return new PackagedApplication.Running(settings);
  }

  private static RequestSpecification as(String user) {
    return new User(user).authorized();
  }
}
