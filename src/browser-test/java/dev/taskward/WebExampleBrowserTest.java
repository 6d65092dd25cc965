package dev.taskward;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions.IsVisibleOptions;
import com.microsoft.playwright.options.AriaRole;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The page of {@code examples/web} in a browser, mostly in two windows of one user. Needs npm. */
@QuarkusTest
@TestProfile(WebExampleBrowserTest.LocalPages.class)
@WithTestResource(value = TestDatabase.class, scope = TestResourceScope.GLOBAL)
class WebExampleBrowserTest {

  private static final Path EXAMPLE = Path.of("examples", "web");
  private static final Path CLIENT = Path.of("clients", "typescript");
  private static final Path PICTURE = Path.of("docs", "images", "web-example.png");
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  private static Chromium chromium;
  private static HttpServer server;
  private static String axe;

  /** Pages of this machine may call the service, as in dev mode. */
  public static class LocalPages implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.http.cors.enabled", "true",
          "quarkus.http.cors.origins", "/http://localhost:[0-9]+/");
    }
  }

  @BeforeAll
  static void build() throws IOException, InterruptedException {
    chromium = Chromium.launch();
    npm(CLIENT, "ci");
    npm(CLIENT, "run", "build");
    npm(EXAMPLE, "ci");
    npm(EXAMPLE, "run", "build");
    server = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
    server.createContext("/", WebExampleBrowserTest::serve);
    server.start();
    axe = Files.readString(EXAMPLE.resolve("node_modules/axe-core/axe.min.js"));
  }

  @AfterAll
  static void close() {
    if (server != null) {
      server.stop(0);
    }
    if (chromium != null) {
      chromium.close();
    }
  }

  @Test
  void aWindowShowsTheChangesOfAnotherWithinASecond() {
    User user = User.fresh();
    user.has("Buy milk");
    Page one = open(user, 1280);
    Page other = open(user, 390);

    add(one, "Buy bread"); // the first change of a service that just started takes longer
    assertThat(row(other, "Buy bread")).isVisible();
    row(one, "Buy bread").getByLabel("Delete").click();
    assertThat(row(other, "Buy bread")).isHidden();

    add(one, "Buy tea");
    assertThat(row(other, "Buy tea")).isVisible(withinASecond());

    row(one, "Buy tea").getByRole(AriaRole.CHECKBOX).check();
    assertThat(row(other, "Buy tea").locator(":checked")).isVisible(withinASecond());

    edit(one, "Buy tea").getByLabel("Title").fill("Buy green tea");
    one.getByLabel("Tags").fill("shopping, home");
    one.getByLabel("Priority").selectOption("high");
    save(one);
    Locator changed = row(other, "Buy green tea");
    assertThat(changed).isVisible(withinASecond());
    assertThat(changed.locator(".mark")).hasText(new String[] {"high", "shopping", "home"});

    row(one, "Buy milk").getByLabel("Delete").click();
    assertTitles(other, "Buy green tea");
  }

  @Test
  void theUserDecidesWhenTwoWindowsChangeTheSameField() {
    User user = User.fresh();
    user.has("Buy milk");
    Page one = open(user, 1280);
    Page other = open(user, 1280);

    conflict(one, "Buy milk", "Buy oat milk", other, "Buy soy milk");
    assertThat(other.getByRole(AriaRole.DIALOG)).containsText("Mine: Buy soy milk");
    assertThat(other.getByRole(AriaRole.DIALOG)).containsText("Theirs: Buy oat milk");
    assertAccessible(other);
    button(other, "Keep mine").click();
    assertTitles(one, "Buy soy milk");

    conflict(one, "Buy soy milk", "Buy rice milk", other, "Buy almond milk");
    button(other, "Take theirs").click();
    assertTitles(other, "Buy rice milk");
    assertTitles(one, "Buy rice milk");
  }

  @Test
  void changesOfDifferentFieldsAreMergedWithoutAQuestion() {
    User user = User.fresh();
    long id = user.has("Buy milk");
    Page page = open(user, 1280);
    edit(page, "Buy milk").getByLabel("Title").fill("Buy oat milk");
    user.put(id, Map.of("description", "Two litres")).statusCode(200);
    save(page);

    assertThat(row(page, "Buy oat milk")).containsText("Two litres");
    assertThat(page.getByRole(AriaRole.DIALOG)).hasCount(0);
  }

  @Test
  void aDeletionCanBeUndone() {
    User user = User.fresh();
    user.has("Buy milk");
    Page page = open(user, 1280);

    row(page, "Buy milk").getByLabel("Delete").click();
    assertThat(titles(page)).hasCount(0);
    button(page, "Undo").click();
    assertTitles(page, "Buy milk");
  }

  @Test
  void theTrashRestoresAndRemovesForGood() {
    User user = User.fresh();
    for (String title : List.of("Buy milk", "Buy tea", "Buy coffee")) {
      user.delete(user.has(title));
    }
    Page page = open(user, 1280);
    page.onDialog(dialog -> dialog.accept());
    button(page, "Trash").click();
    assertTitles(page, "Buy coffee", "Buy tea", "Buy milk");
    assertAccessible(page);

    button(page, "Restore Buy tea").click();
    assertTitles(page, "Buy coffee", "Buy milk");
    button(page, "Delete Buy milk").click();
    assertTitles(page, "Buy coffee");
    button(page, "Empty trash").click();
    assertThat(page.getByText("No tasks here.")).isVisible();

    button(page, "Tasks").click();
    assertTitles(page, "Buy tea");
    assertEquals(0, user.list("?deleted=true").extract().jsonPath().getList("").size());
  }

  @Test
  void aSearchFindsWordsAndShowsNewMatches() {
    User user = User.fresh();
    user.has("Buy milk");
    user.has("Call the dentist");
    Page page = open(user, 1280);

    page.getByRole(AriaRole.SEARCHBOX).fill("MILK");
    assertTitles(page, "Buy milk");
    user.has("Oat milk for Lena");
    assertTitles(page, "Buy milk", "Oat milk for Lena");
    page.getByRole(AriaRole.SEARCHBOX).fill("nothing");
    assertThat(page.getByText("No task has these words.")).isVisible();
  }

  @Test
  void tasksMoveByKeyboardAndByMouse() {
    User user = User.fresh();
    for (String title : List.of("One", "Two", "Three")) {
      user.has(title);
    }
    Page page = open(user, 1280);
    Page other = open(user, 1280);

    Locator handle = button(page, "Move One");
    handle.press("ArrowDown");
    assertThat(page.getByText("Moved “One” to place 2 of 3.")).isVisible();
    assertThat(handle).isFocused();
    assertTitles(other, "Two", "One", "Three");

    button(page, "Three").press("Alt+ArrowUp");
    assertTitles(other, "Two", "Three", "One");

    row(page, "One")
        .dragTo(row(page, "Two"), new Locator.DragToOptions().setTargetPosition(300, 4));
    assertTitles(page, "One", "Two", "Three");
    assertTitles(other, "One", "Two", "Three");
  }

  @Test
  void overdueTasksAreMarked() {
    User user = User.fresh();
    LocalDate today = LocalDate.now(ZONE);
    user.has(Map.of("title", "Late", "due", today.minusDays(1).toString()));
    user.has(Map.of("title", "Done", "due", today.minusDays(1).toString(), "completed", true));
    user.has(Map.of("title", "Today", "due", today.toString()));
    user.has(Map.of("title", "Zoned", "due", today + "T00:00", "due_zone", "Pacific/Kiritimati"));
    Page page = open(user, 1280);

    assertThat(row(page, "Late")).containsText("Overdue: yesterday");
    assertThat(row(page, "Done").locator(".mark")).hasText("yesterday");
    assertThat(row(page, "Today").locator(".mark")).hasText("today");
    assertThat(row(page, "Zoned")).containsText("Overdue: yesterday, 1");
  }

  @Test
  void aLongListLoadsWhileTheUserScrolls() {
    User user = User.fresh();
    IntStream.range(0, 260).forEach(i -> user.has("Task " + i));
    Page page = open(user, 1280);
    assertThat(row(page, "Task 0")).isVisible();
    assertTrue(titles(page).count() < 260);

    for (int i = 0; i < 10; i++) {
      page.mouse().wheel(0, 50_000);
      page.waitForTimeout(200);
    }
    assertThat(titles(page)).hasCount(260);
  }

  @Test
  void aBannerSaysThatTheWindowIsOffline() {
    User user = User.fresh();
    user.has("Buy milk");
    Page page = open(user, 1280);
    page.context().setOffline(true);
    assertThat(page.getByText("You are offline.")).isVisible();
    assertAccessible(page);

    row(page, "Buy milk").getByRole(AriaRole.CHECKBOX).check();
    page.context().setOffline(false);
    assertThat(page.getByText("You are offline.")).isHidden();
    assertThat(row(open(user, 1280), "Buy milk").locator(":checked")).isVisible();
  }

  @Test
  void aTokenOfAnIssuerSignsIn() {
    User user = User.fresh();
    user.has("Buy milk");
    Page page = open(1280);
    page.getByLabel("Or a token").fill("not a token");
    button(page, "Sign in").click();
    assertThat(page.getByRole(AriaRole.STATUS)).not().isEmpty();
    assertAccessible(page);

    page.getByLabel("Or a token").fill(Tokens.token(user.name()));
    button(page, "Sign in").click();
    assertThat(row(page, "Buy milk")).isVisible();
  }

  @Test
  void thePageIsAccessibleAndTakesItsPicture() {
    LocalDate today = LocalDate.now(ZONE);
    User user = new User("maria");
    List<Map<String, ?>> tasks =
        List.of(
            Map.of(
                "title", "Send the quarterly report",
                "description", "The figures are in the shared folder.",
                "due", today.minusDays(1).toString(),
                "priority", "urgent",
                "tags", List.of("work")),
            Map.of(
                "title",
                "Call the dentist",
                "due",
                today.plusDays(1) + "T09:30",
                "due_zone",
                ZONE.getId(),
                "priority",
                "high",
                "tags",
                List.of("health")),
            Map.of(
                "title", "Buy oat milk, bread and apples",
                "due", today.toString(),
                "tags", List.of("shopping", "home")),
            Map.of("title", "Read the API documentation", "tags", List.of("work")),
            Map.of(
                "title", "Book train tickets to Hamburg",
                "description", "Two seats at a window, before noon.",
                "due", today.plusDays(12).toString(),
                "priority", "normal",
                "tags", List.of("travel")),
            Map.of("title", "Water the plants", "completed", true, "tags", List.of("home")),
            Map.of(
                "title",
                "Plan the birthday party",
                "due",
                today.plusDays(40).toString(),
                "priority",
                "low",
                "tags",
                List.of("family", "home")));
    tasks.forEach(user::has);

    for (int width : new int[] {390, 1280}) {
      Page page = open(user, width);
      assertThat(titles(page)).hasCount(tasks.size());
      assertAccessible(page);
      if (width == 1280) {
        page.evaluate("document.fonts.ready");
        page.screenshot(new Page.ScreenshotOptions().setPath(PICTURE));
      }
      edit(page, "Call the dentist");
      assertAccessible(page);
    }
    assertTrue(Files.exists(PICTURE));
  }

  /** Opens a window in which the user has signed in by name. */
  private static Page open(User user, int width) {
    Page page = open(width);
    page.getByLabel("Name").fill(user.name());
    button(page, "Sign in").click();
    page.locator("ul[aria-busy=false]").waitFor();
    return page;
  }

  private static Page open(int width) {
    BrowserContext context =
        chromium
            .browser()
            .newContext(
                new Browser.NewContextOptions()
                    .setViewportSize(width, 860)
                    .setTimezoneId(ZONE.getId()));
    Page page = context.newPage();
    page.navigate("http://localhost:" + server.getAddress().getPort());
    return page;
  }

  private static void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring(1);
    Path file = EXAMPLE.resolve("dist").resolve(path.isEmpty() ? "index.html" : path);
    byte[] content = Files.readAllBytes(file);
    String type = path.endsWith(".js") ? "text/javascript" : Files.probeContentType(file);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, content.length);
    exchange.getResponseBody().write(content);
    exchange.close();
  }

  private static void add(Page page, String title) {
    page.getByLabel("New task").fill(title);
    page.getByLabel("New task").press("Enter");
  }

  private static Page edit(Page page, String title) {
    button(page, title).click();
    page.getByRole(AriaRole.DIALOG).waitFor();
    return page;
  }

  private static void save(Page page) {
    button(page, "Save").click();
  }

  /** Both windows open the same task. Then both save a title, one after the other. */
  private static void conflict(Page one, String title, String first, Page other, String second) {
    edit(one, title).getByLabel("Title").fill(first);
    edit(other, title).getByLabel("Title").fill(second);
    save(one);
    assertTitles(other, first);
    save(other);
    button(other, "Keep mine").waitFor();
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private static Locator row(Page page, String title) {
    return page.locator("li").filter(new Locator.FilterOptions().setHas(button(page, title)));
  }

  private static Locator titles(Page page) {
    return page.locator("li .title");
  }

  private static void assertTitles(Page page, String... titles) {
    assertThat(titles(page)).hasText(titles);
  }

  private static IsVisibleOptions withinASecond() {
    return new IsVisibleOptions().setTimeout(1000);
  }

  /** axe finds nothing serious and nothing critical. */
  @SuppressWarnings("unchecked")
  private static void assertAccessible(Page page) {
    page.evaluate(axe);
    Map<String, Object> result = (Map<String, Object>) page.evaluate("axe.run()");
    List<String> findings =
        ((List<Map<String, Object>>) result.get("violations"))
            .stream()
                .filter(finding -> List.of("serious", "critical").contains(finding.get("impact")))
                .map(finding -> finding.get("id") + ": " + finding.get("nodes"))
                .toList();
    assertEquals(List.of(), findings);
  }

  /** Runs npm in a folder. Skips the tests if there is no npm. */
  private static void npm(Path folder, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder npm =
        new ProcessBuilder("npm").directory(folder.toFile()).redirectErrorStream(true);
    npm.command().addAll(List.of(arguments));
    String service = ConfigProvider.getConfig().getValue("test.url", String.class);
    npm.environment().put("VITE_TASKWARD_URL", service);
    Path log = Files.createTempFile("npm", ".log");
    npm.redirectOutput(log.toFile());
    Process process;
    try {
      process = npm.start();
    } catch (IOException missing) {
      Assumptions.abort("skipped: there is no npm here");
      return;
    }
    assertEquals(0, process.waitFor(), Files.readString(log));
  }
}
