package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.restassured.specification.RequestSpecification;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search and the order by title are the same whatever locale the database has. */
@Tag("system")
@Execution(ExecutionMode.CONCURRENT)
class TaskSearchLocaleIT {

  /** In the order of the service. Each database would sort them in its own way. */
  private static final List<String> TITLES =
      List.of(
          "Äpfel",
          "CŒUR",
          "Don’t",
          "FUẞBALL",
          "isparta 2",
          "Istanbul",
          "Item 2",
          "item 10",
          "ITEM\u3000\u00a011",
          "Zebra",
          "~ Äpfel", // a locale would sort it before the letters
          "ΟΔΟΣ",
          "مُحَمَّد");

  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void start() throws IOException, SQLException {
    postgres = EmbeddedPostgres.start();
    execute("create role taskward login");
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "c            | locale 'C'",
        "builtin      | locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
        "turkish      | locale_provider icu icu_locale 'tr' locale 'C'",
      })
  void searchesFindTheSame(String database, String locale) throws Exception {
    execute(
        "create database %s owner taskward template template0 encoding 'UTF8' %s"
            .formatted(database, locale));
    try (PackagedApplication.Running service = running(database)) {
      String tasks = service.url(User.TASKS);
      List<String> shuffled = new ArrayList<>(TITLES);
      Collections.shuffle(shuffled, new Random(42));
      for (String title : shuffled) {
        as("alice")
            .contentType("application/json")
            .body(Map.of("title", title))
            .post(tasks)
            .then()
            .statusCode(201);
      }

      List<String> sorted = as("alice").get(tasks + "?sort=title").path("title");
      assertEquals(TITLES, sorted);
      Map.ofEntries(
              Map.entry("item 2", "Item 2"),
              Map.entry("coeur", "CŒUR"),
              Map.entry("DON'T", "Don’t"),
              Map.entry("fußball", "FUẞBALL"),
              Map.entry("fussball", "FUẞBALL"),
              Map.entry("İSTANBUL", "Istanbul"),
              Map.entry("ISPARTA", "isparta 2"),
              Map.entry("\"item 11\"", "ITEM\u3000\u00a011"),
              Map.entry("11\u2003item", "ITEM\u3000\u00a011"),
              Map.entry("ZEBRA", "Zebra"),
              Map.entry("οδος", "ΟΔΟΣ"),
              Map.entry("محمد", "مُحَمَّد"))
          .forEach(
              (q, title) ->
                  assertEquals(
                      List.of(title),
                      as("alice").queryParam("q", q).get(tasks).path("title"),
                      q + " in " + database));
      try (Connection connection = postgres.getDatabase("postgres", database).getConnection()) {
        assertEquals(TITLES.size(), SearchColumns.assertCurrent(connection, "true"));
      }
      service.stopWithoutWarning();
    }
  }

  private static void execute(String statement) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }

  private static PackagedApplication.Running running(String database) throws IOException {
    return new PackagedApplication.Running(
        Map.of(
            "DATABASE_URL",
            "postgresql://taskward@localhost:" + postgres.getPort() + "/" + database,
            "BETTER_AUTH_SECRET",
            Tokens.SECRET));
  }

  private static RequestSpecification as(String user) {
    return new User(user).authorized();
  }
}
