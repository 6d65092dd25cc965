package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.github.fge.jsonschema.main.JsonSchemaFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The committed OpenAPI document has valid examples, and types that generators understand. */
class OpenApiExamplesTest {

  private static JsonNode document;

  /** The JSON pointers of all fields, parameters and headers. */
  private static final Set<String> PLACES = new TreeSet<>();

  @BeforeAll
  static void read() throws Exception {
    document = new YAMLMapper().readTree(Path.of("docs/openapi.yaml").toFile());
    collect(document, "");
  }

  private static void collect(JsonNode node, String pointer) {
    if (pointer.matches(".*/(properties|headers|parameters)/[^/]+") && !node.has("$ref")) {
      PLACES.add(pointer);
    }
    if (node.isObject()) {
      node.properties().forEach(e -> collect(e.getValue(), pointer + "/" + escape(e.getKey())));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      collect(node.get(i), pointer + "/" + i);
    }
  }

  private static String escape(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }

  @Test
  void everyFieldParameterAndHeaderHasAnExample() {
    assertTrue(PLACES.size() > 150, PLACES.toString());
    assertEquals(List.of(), PLACES.stream().filter(place -> !hasExample(at(place))).toList());
  }

  /** An object has one if all its fields do. */
  private static boolean hasExample(JsonNode node) {
    if (node.has("examples") || node.has("example")) {
      return true;
    }
    if (node.has("$ref")) {
      return hasExample(at(node.get("$ref").textValue().substring(1)));
    }
    if (node.has("oneOf")) {
      return all(node.get("oneOf"));
    }
    return node.has("properties")
        ? all(node.get("properties"))
        : node.has("schema") && hasExample(node.get("schema"))
            || node.has("items") && hasExample(node.get("items"));
  }

  private static boolean all(JsonNode nodes) {
    return StreamSupport.stream(nodes.spliterator(), false)
        .allMatch(OpenApiExamplesTest::hasExample);
  }

  @Test
  void examplesAreValid() throws Exception {
    Set<String> schemas = new TreeSet<>();
    PLACES.forEach(place -> schemas.add(at(place).has("schema") ? place + "/schema" : place));
    document
        .at("/components/schemas")
        .fieldNames()
        .forEachRemaining(name -> schemas.add("/components/schemas/" + name));
    List<String> invalid = new ArrayList<>();
    for (String pointer : schemas) {
      for (JsonNode example : at(pointer).path("examples")) {
        var schema = JsonSchemaFactory.byDefault().getJsonSchema(document, pointer);
        var report = schema.validate(example);
        if (!report.isSuccess()) {
          invalid.add(pointer + ": " + report);
        }
      }
    }
    assertEquals(List.of(), invalid);
  }

  /** Generators make a union of a reference and a type beside it. */
  @Test
  void aReferenceAndAnyOfHaveNoTypeBesideThem() {
    List<String> found =
        PLACES.stream()
            .filter(place -> at(place).has("type"))
            .filter(place -> at(place).has("$ref") || at(place).has("anyOf"))
            .toList();
    assertEquals(List.of(), found);
  }

  /** Some generators make a text of an enum that has null. */
  @Test
  void enumsHaveNoNull() {
    for (JsonNode values : document.findValues("enum")) {
      values.forEach(value -> assertTrue(!value.isNull(), values.toString()));
    }
  }

  private static JsonNode at(String pointer) {
    JsonNode node = document.at(pointer);
    assertTrue(!node.isMissingNode(), pointer);
    return node;
  }
}
