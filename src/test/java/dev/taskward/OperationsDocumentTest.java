package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.observability.MonitoringContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/operations.md has every alert, warning, error and start-up error. */
class OperationsDocumentTest {

  private static final String DOCUMENT = Manifests.text(Path.of("docs/operations.md"));

  /** The beginning of a log line, up to the first part that varies. */
  private static final Pattern LINE =
      Pattern.compile("\\.(?:warn|error)f?\\(\\s*(?:failure, )?\"([^\"%]*)");

  private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  @Test
  void itHasEveryAlert() {
    List<String> alerts =
        MonitoringContract.rules().map(rule -> rule.get("alert").getAsString()).toList();
    assertTrue(alerts.size() > 5);

    assertMissing(List.of(), alerts.stream().map(alert -> "| `" + alert + "` |"));
  }

  @Test
  void itHasEveryLoggedWarningAndError() {
    List<String> lines =
        sources()
            .flatMap(source -> LINE.matcher(source).results())
            .map(line -> line.group(1).strip())
            .filter(line -> line.length() > 2) // two of Problems begin with the request
            .map(line -> line.replaceFirst("[.;] .*|:$", ""))
            .toList();
    assertTrue(lines.size() >= 9, lines.toString());

    assertMissing(List.of(), lines.stream());
  }

  /** The errors of Taskward itself, which {@link StartUpIT} and others test. */
  @Test
  void itHasEveryStartUpError() {
    List<String> errors =
        Stream.of(
                "config/DeploymentSettings",
                "config/EnvironmentCheck",
                "config/Converters",
                "config/TokenSettings",
                "config/TraceSettings",
                "config/DatabaseUrl",
                "auth/TokenKeys",
                "auth/HttpsProxy")
            .map(name -> Manifests.text(Path.of("src/main/java/dev/taskward/" + name + ".java")))
            .flatMap(source -> TEXT.matcher(source).results())
            .map(text -> text.group(1).strip())
            .filter(
                text ->
                    text.length() > 12
                        && text.matches(".*(must be|has an? |can't be read|can be set).*"))
            .map(text -> text.replaceFirst("^DATABASE_URL has", "has"))
            .toList();
    assertTrue(errors.size() >= 9, errors.toString());

    assertMissing(List.of(), errors.stream());
  }

  private static void assertMissing(List<String> missing, Stream<String> texts) {
    assertEquals(missing, texts.filter(text -> !DOCUMENT.contains(text)).toList());
  }

  private static Stream<String> sources() {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java/dev/taskward"))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(Manifests::text)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
