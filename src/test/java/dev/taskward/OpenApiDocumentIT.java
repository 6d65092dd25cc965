package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The OpenAPI document of the packaged service, without the sign-in of dev mode. */
@QuarkusIntegrationTest
class OpenApiDocumentIT {

  private static final Path COMMITTED = Path.of("docs/openapi.yaml");
  private static final Path SERVED = Path.of("target/openapi.yaml");

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .build();

  @Test
  void theCommittedDocumentIsTheServedOne() throws IOException {
    String json = RestAssured.get("/q/openapi?format=json").asString();
    Files.writeString(SERVED, YAML.writeValueAsString(ordered(new ObjectMapper().readTree(json))));

    assertEquals(
        Files.readString(COMMITTED).replace("\r\n", "\n"),
        Files.readString(SERVED),
        COMMITTED + " is not the served document. Update it: cp " + SERVED + " " + COMMITTED);
  }

  /** Sorts all but the fields of a schema, since the served order changes from start to start. */
  private static JsonNode ordered(JsonNode node) {
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, ordered(array.get(i)));
      }
    }
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    ObjectNode result = YAML.createObjectNode();
    List<String> first = List.of("openapi", "info", "servers", "tags", "paths");
    Stream.concat(
            first.stream().filter(object::has),
            object.properties().stream()
                .map(Map.Entry::getKey)
                .filter(key -> !first.contains(key))
                .sorted())
        .forEach(
            key -> {
              JsonNode value = object.get(key);
              result.set(key, key.equals("properties") ? fields(value) : ordered(value));
            });
    return result;
  }

  private static JsonNode fields(JsonNode properties) {
    ObjectNode result = YAML.createObjectNode();
    properties.properties().forEach(field -> result.set(field.getKey(), ordered(field.getValue())));
    return result;
  }
}
