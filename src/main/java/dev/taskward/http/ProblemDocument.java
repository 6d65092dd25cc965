package dev.taskward.http;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/**
 * Writes the errors of every operation into the OpenAPI document. Which ones an operation can have
 * follows from its shape, so an endpoint names only its successes.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ProblemDocument implements OASFilter {

  /** The head is not read to its end, so these have no body. */
  private static final Set<Integer> BARE = Set.of(414, 431);

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document
        .getPaths()
        .getPathItems()
        .forEach(
            (path, item) ->
                item.getOperations()
                    .values()
                    .forEach(operation -> addErrors(operation, path, document)));
  }

  private static void addErrors(Operation operation, String path, OpenAPI document) {
    // Quarkus adds these two to whatever needs a token, without a content.
    operation.getResponses().removeAPIResponse("401");
    operation.getResponses().removeAPIResponse("403");
    for (int status : errors(operation, path)) {
      String name = Problems.title(status).replaceAll("[^A-Za-z]", "");
      document.getComponents().addResponse(name, response(status));
      operation
          .getResponses()
          .addAPIResponse(
              Integer.toString(status),
              OASFactory.createAPIResponse().ref("#/components/responses/" + name));
    }
  }

  private static Set<Integer> errors(Operation operation, String path) {
    boolean writesBody = !operation.getResponses().hasAPIResponse("204");
    boolean takesKey =
        operation.getParameters() != null
            && operation.getParameters().stream()
                .anyMatch(p -> "Idempotency-Key".equals(p.getName()));
    boolean isAboutOne = path.contains("{");

    // Of any request: its head may be malformed or too long, and it may have a body that is too
    // large or encoded.
    Set<Integer> errors = new TreeSet<>(Set.of(400, 401, 403, 413, 414, 415, 429, 431, 500, 503));
    if (isAboutOne) {
      errors.addAll(Set.of(404, 412));
    }
    if (writesBody) {
      errors.add(406);
    }
    if (takesKey) {
      errors.addAll(Set.of(409, 422));
    }
    return errors;
  }

  private static APIResponse response(int status) {
    APIResponse response = OASFactory.createAPIResponse().description(description(status));
    if (BARE.contains(status)) {
      return response;
    }
    Map<String, Object> example = new LinkedHashMap<>();
    example.put("type", Problem.TYPE);
    example.put("title", Problems.title(status));
    example.put("status", status);
    example.put("detail", example(status));
    example.put("instance", "/api/v1/tasks/42");
    example.put("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    if (status == 400) {
      example.put(
          "errors",
          List.of(new TreeMap<>(Map.of("field", "title", "message", "must not be blank"))));
    }
    response.content(
        OASFactory.createContent()
            .addMediaType(
                Problem.MEDIA_TYPE,
                OASFactory.createMediaType()
                    .schema(OASFactory.createSchema().ref("#/components/schemas/Problem"))
                    .example(example)));
    if (status == 401) {
      response.addHeader(
          "WWW-Authenticate",
          header(
              SchemaType.STRING,
              "`Bearer`, with `error=\"invalid_token\"` if there is one (RFC 6750)."));
    }
    if (status == 403) {
      response.addHeader(
          "WWW-Authenticate",
          header(
              SchemaType.STRING,
              "If the token lacks a scope: `Bearer error=\"insufficient_scope\"` and which (RFC"
                  + " 6750)."));
    }
    if (status == 415) {
      response.addHeader(
          "Accept-Patch", header(SchemaType.STRING, "To `PATCH`: what it takes (RFC 5789)."));
    }
    if (status == 429) {
      response.addHeader(
          "RateLimit",
          header(
              SchemaType.STRING,
              "What is left (`r`) and the seconds until all of it is back (`t`), of the policy named"
                  + " (draft-ietf-httpapi-ratelimit-headers). Every answer has it where requests are"
                  + " limited."));
      response.addHeader(
          "RateLimit-Policy",
          header(SchemaType.STRING, "How many requests (`q`) in how many seconds (`w`)."));
    }
    if (status == 409 || status == 429 || status == 503) {
      response.addHeader("Retry-After", header(SchemaType.INTEGER, "Seconds to wait."));
    }
    return response;
  }

  private static Header header(SchemaType type, String description) {
    return OASFactory.createHeader()
        .description(description)
        .schema(OASFactory.createSchema().addType(type));
  }

  private static String example(int status) {
    return switch (status) {
      case 400 -> Problem.INVALID_INPUT;
      case 403 -> ForeignResourceException.DETAIL;
      case 404 -> Problem.UNKNOWN_TASK;
      case 412 -> Conditions.STALE;
      case 409 -> Problem.KEY_IN_USE;
      case 422 -> Problem.KEY_USED;
      default -> Problems.detail(status, "GET");
    };
  }

  private static String description(int status) {
    return switch (status) {
      case 400 ->
          "The input is invalid, and `errors` names the fields or parameters; or the request is"
              + " malformed.";
      case 401 -> "No token, or one that is malformed, expired or not signed with the right key.";
      case 403 ->
          "The task belongs to another user (a deployment may answer with the 404 of an unknown id),"
              + " the caller has as many tasks as one user may have, the token lacks the scope"
              + " `tasks:read` or `tasks:write` that a deployment may want, or the page is of an origin"
              + " that may not call the service.";
      case 404 -> "It does not exist, is deleted, or was removed for good.";
      case 409 -> "A request with this `Idempotency-Key` is still under way.";
      case 422 -> "This `Idempotency-Key` was used for another request.";
      case 406 -> "`Accept` allows no media type that can be produced.";
      case 412 -> "The condition of `If-Match` or `If-None-Match` does not hold; nothing was done.";
      case 413 -> "The body is larger than the limit (64 KiB unless configured).";
      case 414 -> "The request line is longer than the limit (4096 bytes unless configured).";
      case 415 ->
          "The body is not of the media type that is read here, or has a `Content-Encoding`.";
      case 431 -> "The headers are longer than the limit (16 KiB unless configured).";
      case 429 -> "Too many requests, where the deployment limits them.";
      case 503 -> "The service can't answer at the moment, the database being away for instance.";
      default -> "An error of the service, which its log has under the trace id.";
    };
  }
}
