package dev.taskward.dev;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.taskward.Chromium;
import dev.taskward.TestDatabase;
import dev.taskward.User;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A developer signs in in Swagger UI and tries six operations. */
@QuarkusTest
@WithTestResource(value = TestDatabase.class, scope = TestResourceScope.GLOBAL)
class SwaggerUiBrowserTest {

  private static final Path SCREENSHOT = Path.of("docs", "images", "swagger-ui.png");

  @TestHTTPResource("/q/swagger-ui/")
  String swaggerUi;

  @Test
  void aDeveloperSignsInAndTriesSixOperations() {
    try (Chromium chromium = Chromium.launch()) {
      Page page =
          chromium.browser().newPage(new Browser.NewPageOptions().setViewportSize(1280, 960));
      page.navigate(swaggerUi);
      signIn(page, "alice");

      String created = run(page, "createTask", 201, "{\"title\": \"Buy milk\"}");
      String id = created.replaceAll("(?s).*\"id\": (\\d+).*", "$1");
      assertTrue(created.contains("\"user_id\": \"alice\""), created);
      assertTrue(run(page, "listTasks", 200, null).contains("Buy milk"));
      fill(page, "getTask", id);
      assertTrue(run(page, "getTask", 200, null).contains("Buy milk"));
      fill(page, "changeTask", id);
      assertTrue(
          run(page, "changeTask", 200, "{\"title\": \"Buy oat milk\"}").contains("Buy oat milk"));
      fill(page, "completeTask", id);
      assertTrue(
          run(page, "completeTask", 200, "{\"completed\": true}").contains("\"completed\": true"));

      takePicture(page);

      fill(page, "deleteTask", id);
      run(page, "deleteTask", 204, null);
      new User("alice").get(Long.parseLong(id)).statusCode(404);
    }
  }

  private static void signIn(Page page, String user) {
    page.locator(".btn.authorize").first().click();
    Locator dialog = page.locator(".modal-ux");
    dialog.locator("#oauth_username").fill(user);
    dialog // the other form takes a token
        .locator(".auth-container")
        .filter(new Locator.FilterOptions().setHas(page.locator("#oauth_username")))
        .locator(".btn.authorize")
        .click();
    assertThat(dialog).containsText("Authorized");
    dialog.locator(".btn-done").first().click();
  }

  private static void fill(Page page, String operation, String id) {
    open(page, operation).locator("tr[data-param-name=id] input").fill(id);
  }

  /** Executes an operation and returns the response body. */
  private static String run(Page page, String operation, int status, String body) {
    Locator block = open(page, operation);
    if (body != null) {
      block.locator("textarea.body-param__text").fill(body);
    }
    block.locator(".btn.execute").click();
    Locator answer = block.locator(".live-responses-table");
    assertThat(answer.locator("tbody .response-col_status")).hasText(Pattern.compile("^" + status));
    return answer.locator(".response-col_description").last().innerText().replace("\u00a0", " ");
  }

  private static Locator open(Page page, String operation) {
    Locator block = page.locator("#operations-Tasks-" + operation);
    if (block.getAttribute("class").contains("is-open")) {
      return block;
    }
    block.locator(".opblock-summary-control").click();
    block.locator(".opblock-body").waitFor();
    return block;
  }

  /** Takes the screenshot: signed in, with one task read. */
  private static void takePicture(Page page) {
    for (String operation : List.of("createTask", "listTasks", "changeTask", "completeTask")) {
      page.locator("#operations-Tasks-" + operation + " .opblock-summary-control").click();
    }
    page.setViewportSize(1280, 1490);
    page.evaluate("window.scrollTo(0, 0)");
    page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOT));
    assertTrue(Files.exists(SCREENSHOT));
  }
}
