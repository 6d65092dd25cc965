package dev.taskward.database;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
 * Upgrades from the baseline and from every later release. The packaged application migrates a
 * database with data of that version, loses none of it and works.
 */
@Execution(ExecutionMode.CONCURRENT)
class MigrationIT {

  private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");

  /** Tasks of ten users; user 3 has the tasks whose ids end in 3. */
  private static final String TASKS =
      """
      insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,
        purge_at, version)
      select n, 'user-' || n % 10,
        case n % 5 when 0 then repeat('𝄞', 255) when 1 then ' "Äpfel" \\ %_ Øl ' || n
          else 'Buy milk ' || n end,
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

  /** The data of each release, written by a role that bypasses row-level security. */
  private static final List<List<String>> RELEASES = List.of(List.of(TASKS, KEYS));

  private static EmbeddedPostgres postgres;

  /** Each version's database is a copy of the previous one plus one migration. */
  @BeforeAll
  static void databasesOfEveryVersion() throws Exception {
    postgres = EmbeddedPostgres.start();
    execute("postgres", "create role taskward login");
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

  static IntStream versions() {
    return IntStream.rangeClosed(1, RELEASES.size());
  }

  /** Without data of a version, a loss in the next migration would go unnoticed. */
  @Test
  void everyVersionHasItsData() throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      assertEquals(
          RELEASES.size(),
          files.filter(file -> file.getFileName().toString().startsWith("V")).count());
    }
  }

  @ParameterizedTest
  @MethodSource("versions")
  void anUpgradeLosesNoData(int version) throws Exception {
    String database = "v" + version;
    Map<String, String> columns = columns(database);
    Map<String, String> before = contents(database, columns);
    assertEquals(20, before.size(), before.toString());
    try (PackagedApplication.Running service = running(database)) {

      assertEquals(before, contents(database, columns));
      assertEquals(
          "0",
          one(
              database,
              """
              select count(*) from task
              where title_key <> task_title_key(title)
                or search <> task_fold(title) || chr(10) || coalesce(task_fold(description), '')
              """));
      assertServiceWorks(service, database);
      service.stopWithoutWarning();
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

  private static void migrateAndFill(String database, int version) throws SQLException {
    Flyway.configure()
        .dataSource(postgres.getDatabase("taskward", database))
        .locations("filesystem:" + MIGRATIONS)
        .target(Integer.toString(version))
        .load()
        .migrate();
    for (String statement : RELEASES.get(version - 1)) {
      execute(database, statement);
    }
  }

  /** The current columns of each table with rows of users. */
  private static Map<String, String> columns(String database) throws SQLException {
    return map(
        database,
        """
        select table_name, string_agg(column_name, ', ' order by ordinal_position)
        from information_schema.columns where table_schema = 'public' group by 1
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
