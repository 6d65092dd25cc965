package dev.taskward;

import static io.restassured.RestAssured.given;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.report.LevelResolver;
import com.atlassian.oai.validator.report.ValidationReport.Level;
import com.atlassian.oai.validator.restassured.OpenApiValidationFilter;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A user of the service. Requests and responses are validated against the OpenAPI document that the
 * service serves.
 */
public record User(String name) {

  public static final String TASKS = "/api/v1/tasks";

  private static final Map<Level, OpenApiValidationFilter> FILTERS = new ConcurrentHashMap<>();

  static {
    RestAssured.enableLoggingOfRequestAndResponseIfValidationFails();
  }

  /** A user that no other test has. */
  public static User fresh() {
    return new User("user-" + UUID.randomUUID());
  }

  /** A request that must conform to the document, as must its response. */
  public RequestSpecification request() {
    return authorized().filter(documented(Level.ERROR));
  }

  /** A request that may violate the document, while its response must conform. */
  public RequestSpecification roughRequest() {
    return authorized().filter(documented(Level.IGNORE));
  }

  public static RequestSpecification withToken(String token) {
    return given().filter(documented(Level.IGNORE)).header("Authorization", "Bearer " + token);
  }

  public static RequestSpecification withoutToken() {
    return given().filter(documented(Level.IGNORE));
  }

  /** A request to any URL, without validation. */
  public RequestSpecification authorized() {
    return given().header("Authorization", "Bearer " + Tokens.token(name));
  }

  public ValidatableResponse post(Object task) {
    return request().contentType(ContentType.JSON).body(task).post(TASKS).then();
  }

  /** Sends this text as the body, whether it is valid JSON or not. */
  public ValidatableResponse postText(String body) {
    return text(body).post(TASKS).then();
  }

  public ValidatableResponse putText(long id, String body) {
    return text(body).put(TASKS + "/" + id).then();
  }

  private RequestSpecification text(String body) {
    return roughRequest()
        .contentType("application/json")
        .body(body.getBytes(StandardCharsets.UTF_8));
  }

  public ValidatableResponse get(long id) {
    return request().get(TASKS + "/{id}", id).then();
  }

  public ValidatableResponse put(long id, Object change) {
    return request().contentType(ContentType.JSON).body(change).put(TASKS + "/{id}", id).then();
  }

  public ValidatableResponse patch(long id, String mergePatch) {
    return roughRequest()
        .contentType("application/merge-patch+json")
        .body(mergePatch.getBytes(StandardCharsets.UTF_8))
        .patch(TASKS + "/{id}", id)
        .then();
  }

  public ValidatableResponse delete(long id) {
    return request().delete(TASKS + "/{id}", id).then();
  }

  public ValidatableResponse flip(long id) {
    return request().patch(TASKS + "/{id}/complete", id).then();
  }

  public ValidatableResponse list(String query) {
    return request().get(TASKS + query).then();
  }

  /** Creates a task and returns its ID. */
  public long has(String title) {
    return has(Map.of("title", title));
  }

  /** Creates a task for a test of something else, without validation, which takes most time. */
  public long has(Map<String, ?> task) {
    return authorized()
        .contentType(ContentType.JSON)
        .body(task)
        .post(TASKS)
        .then()
        .statusCode(201)
        .extract()
        .jsonPath()
        .getLong("id");
  }

  private static OpenApiValidationFilter documented(Level requests) {
    return FILTERS.computeIfAbsent(
        requests,
        level -> {
          // The validator only knows the discriminator of Swagger 2. The schemas exclude one
          // another.
          String document =
              RestAssured.get("/q/openapi?format=json")
                  .asString()
                  .replace("\"discriminator\"", "\"x-discriminator\"");
          LevelResolver levels =
              LevelResolver.create()
                  .withLevel("validation.request", level)
                  // It does not know arrays of OpenAPI 3.1 as query parameters.
                  .withLevel("validation.request.parameter.collection.invalid", Level.IGNORE)
                  .withLevel("validation.request.parameter.schema.invalidJson", Level.IGNORE)
                  .build();
          return new OpenApiValidationFilter(
              OpenApiInteractionValidator.createForInlineApiSpecification(document)
                  .withLevelResolver(levels)
                  .build());
        });
  }
}
