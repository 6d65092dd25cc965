package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every test that docs/security.md names exists. */
class SecurityDocumentTest {

  private static final Pattern NAME = Pattern.compile("`(\\w+(?:Test|IT|Contract))\\.(\\w+)`");

  @Test
  void everyTestThatTheDocumentNamesExists() throws IOException {
    String document = Files.readString(Path.of("docs/security.md"));
    List<MatchResult> names = NAME.matcher(document).results().toList();
    assertTrue(names.size() >= 60, names.size() + " names");

    assertEquals(
        List.of(),
        names.stream()
            .filter(name -> !exists(name.group(1), name.group(2)))
            .map(MatchResult::group)
            .toList());
  }

  private static boolean exists(String type, String method) {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      Path file = files.filter(path -> path.endsWith(type + ".java")).findFirst().orElse(null);
      return file != null && Files.readString(file).contains(" void " + method + "(");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
