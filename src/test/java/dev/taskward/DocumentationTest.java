package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks the words of code and documents, the README's commands and the links. */
class DocumentationTest {

  /** Words that make a sentence hard to read. Actors have names: the client, the user, the JVM. */
  private static final Pattern BANNED =
      Pattern.compile("\\b(told|tells|whoever|he|his|him|of late)\\b", Pattern.CASE_INSENSITIVE);

  private static final Pattern CAMEL_CASE = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

  private static final Pattern PROSE =
      Pattern.compile(
          ".*\\.(java|md|mjs|tsx?|css|py|sh|sql|xml|ya?ml|properties|json|conf|html|jvm)|.*/run");

  /** Files that others wrote, generated files, and this list of words. */
  private static final Pattern OTHERS =
      Pattern.compile(
          ".*(package-lock\\.json|DocumentationTest\\.java|/openapi\\.ts|(node_modules|dist|build)/.*)");

  private static final Pattern SHELL = Pattern.compile("(?ms)^```sh\n(.*?)^```");

  /** What a quoted or escaped part of a command leaves to the shell. */
  private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"|\\\\.");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  @Test
  void ourWordsAreEasyToRead() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : files(PROSE)) {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        if (hasBannedWord(lines.get(i))) {
          found.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
        }
      }
    }
    assertEquals("", String.join("\n", found));
  }

  private static boolean hasBannedWord(String line) {
    return BANNED.matcher(CAMEL_CASE.matcher(line).replaceAll(" ")).find();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"the client is told 429", "Whoever asks", "whoIsTold()", "of late", "his task"})
  void aBannedWordIsFound(String line) {
    assertTrue(hasBannedWord(line));
  }

  @ParameterizedTest
  @ValueSource(strings = {"the history of this", "the threshold", "a title", "chimes"})
  void aPartOfAWordIsNone(String line) {
    assertFalse(hasBannedWord(line));
  }

  @Test
  void theReadmeIsShort() throws IOException {
    assertTrue(Files.readAllLines(Path.of("README.md")).size() < 150);
  }

  @Test
  void commandsOfTheReadmeRunInAnInteractiveZsh() throws IOException {
    List<String> commands = commands(Path.of("README.md"));
    assertTrue(commands.size() > 5, commands.toString());
    assertEquals(List.of(), commands.stream().filter(DocumentationTest::tripsZsh).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "./mvnw quarkus:dev    # runs it",
        "a; b",
        "task() { curl; }",
        "curl localhost/tasks?limit=1",
        "ls *.md",
        "echo [a]"
      })
  void acommandThatTripsZshIsFound(String command) {
    assertTrue(tripsZsh(command));
  }

  @ParameterizedTest
  @ValueSource(strings = {"curl 'a?b#c'", "curl \"$A/$B\" -d '{\"a\": (1;2)}'", "A=$(b | cut -f1)"})
  void aPlainCommandIsNone(String command) {
    assertFalse(tripsZsh(command));
  }

  /** A stock zsh knows no comments on its command line, and expands ?, * and [ or fails. */
  private static boolean tripsZsh(String command) {
    String bare = QUOTED.matcher(command.replaceAll("\\$\\(([^()]*)\\)", "$1")).replaceAll("");
    return bare.matches(".*[;()?*\\[\\]#].*");
  }

  private static List<String> commands(Path document) throws IOException {
    return SHELL
        .matcher(Files.readString(document))
        .results()
        .flatMap(block -> block.group(1).lines())
        .toList();
  }

  @Test
  void noCommandOfADocumentHasATrailingComment() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path document : files(Pattern.compile(".*\\.md"))) {
      for (String command : commands(document)) {
        if (command.matches("\\S.*\\s#\\s.*")) {
          found.add(document + ": " + command);
        }
      }
    }
    assertEquals(List.of(), found);
  }

  @Test
  void linksLeadToFilesAndHeadings() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : files(Pattern.compile(".*\\.md"))) {
      for (MatchResult link : LINK.matcher(Files.readString(document)).results().toList()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*") && !leadsSomewhere(document, target)) {
          broken.add(document + ": " + target);
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  private static boolean leadsSomewhere(Path document, String target) throws IOException {
    String[] parts = target.split("#", 2);
    Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
    return Files.exists(file) && (parts.length == 1 || headings(file).contains(parts[1]));
  }

  /** As GitHub makes anchors of them. */
  private static Set<String> headings(Path document) throws IOException {
    return Files.readAllLines(document).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ +", "").toLowerCase())
        .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static List<Path> files(Pattern name) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String part : List.of("src", "docs", "k8s", "scripts", "clients", "examples", ".ci", "")) {
      int depth = part.isEmpty() ? 1 : Integer.MAX_VALUE;
      try (Stream<Path> found = Files.walk(Path.of(part), depth)) {
        found
            .filter(Files::isRegularFile)
            .filter(file -> name.matcher(file.toString()).matches())
            .filter(file -> !OTHERS.matcher(file.toString()).matches())
            .forEach(files::add);
      }
    }
    assertFalse(files.isEmpty());
    return files;
  }
}
