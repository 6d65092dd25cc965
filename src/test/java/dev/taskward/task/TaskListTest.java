package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ExtractableResponse;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
class TaskListTest {

  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; rel=\"next\"");

  final User alice = User.fresh();

  @Test
  void someoneWithoutTasksHasAnEmptyList() {
    alice.list("").statusCode(200).header("Link", nullValue()).body("$", empty());
  }

  @Test
  void theNewestTaskComesFirst() {
    createTitled("a", "b", "c");

    alice.list("").statusCode(200).body("title", contains("c", "b", "a"));
  }

  @Test
  void completedFilters() {
    createTitled("a", "b", "c");
    alice.flip(idOf("b")).statusCode(200);

    alice.list("?completed=true").body("title", contains("b"));
    alice.list("?completed=false").body("title", contains("c", "a"));
  }

  @Test
  void linkLeadsThroughAllPagesAndTheLastPageHasNone() {
    createTitled("a", "b", "c", "d", "e");

    assertEquals(List.of("e", "d", "c", "b", "a"), titlesOfAllPages("?limit=2", () -> {}));
    assertEquals(List.of("e", "d", "c", "b", "a"), titlesOfAllPages("?limit=5", () -> {}));
  }

  @Test
  void linkKeepsTheFilter() {
    createTitled("a", "b", "c", "d");
    alice.flip(idOf("c")).statusCode(200);

    assertEquals(List.of("d", "b", "a"), titlesOfAllPages("?completed=false&limit=1", () -> {}));
  }

  @Test
  void pagesAreStableUnderInsertsAndDeletes() {
    createTitled("a", "b", "c", "d", "e", "f");

    // Between any two pages a task comes and the oldest unread one of the page before goes.
    List<String> titles =
        titlesOfAllPages(
            "?limit=2",
            () -> {
              alice.has("new");
            });

    assertEquals(List.of("f", "e", "d", "c", "b", "a"), titles);
  }

  @Test
  void aPageHasAHundredTasksUnlessSaidOtherwise() {
    for (int i = 0; i < 101; i++) {
      alice.has("task " + i);
    }

    alice.list("").body("$", hasSize(100));
    alice.list("?limit=1000").body("$", hasSize(101)).header("Link", nullValue());
  }

  @ParameterizedTest
  @CsvSource({
    "completed, completed=yes",
    "completed, completed=TRUE",
    "completed, completed=1",
    "completed, completed=",
    "completed, completed=true&completed=false",
    "limit, limit=0",
    "limit, limit=-1",
    "limit, limit=1001",
    "limit, limit=ten",
    "limit, limit=1.5",
    "limit, limit=",
    "limit, limit=99999999999999999999",
    "limit, limit=1&limit=1",
    "cursor, cursor=",
    "cursor, cursor=2",
    "cursor, cursor=!!!",
    "cursor, cursor=AAAAAAAAAAAAAAAAAAAAAAAA",
    "user_id, user_id=mallory",
    "offset, offset=10",
    "sql, sql=%27%20or%201%3D1--",
  })
  void aBadParameterIsRefusedByName(String field, String query) {
    alice
        .roughRequest()
        .get(User.TASKS + "?" + query)
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("errors.field", contains(field));
  }

  /** The first four are no places in any list; the last is one beyond all tasks that can be. */
  @Test
  void noCursorMakesTheServiceFail() {
    for (String cursor :
        List.of(
            "f_______________",
            "gAAAAAAAAAAAAAAAAAAAAA",
            "_________________w",
            "AAAAAAAAAAAAAAAAAAAAAA")) {
      int status = alice.roughRequest().get(User.TASKS + "?cursor=" + cursor).statusCode();
      assertEquals(400, status, cursor);
    }
    alice.list("?cursor=f_________9__________w").statusCode(200).body("$", empty());
  }

  private void createTitled(String... titles) {
    for (String title : titles) {
      alice.has(title);
    }
  }

  private long idOf(String title) {
    return alice.list("").extract().jsonPath().getLong("find { it.title == '" + title + "' }.id");
  }

  private List<String> titlesOfAllPages(String query, Runnable betweenPages) {
    List<String> titles = new ArrayList<>();
    ExtractableResponse<Response> page = alice.list(query).statusCode(200).extract();
    titles.addAll(page.jsonPath().getList("title"));
    String next = next(page);
    while (next != null) {
      betweenPages.run();
      page = alice.request().urlEncodingEnabled(false).get(next).then().statusCode(200).extract();
      titles.addAll(page.jsonPath().getList("title"));
      next = next(page);
    }
    return titles;
  }

  private static String next(ExtractableResponse<Response> page) {
    String link = page.header("Link");
    if (link == null) {
      return null;
    }
    Matcher matcher = NEXT.matcher(link);
    assertEquals(true, matcher.matches(), link);
    return matcher.group(1);
  }
}
