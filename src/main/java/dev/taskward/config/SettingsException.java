package dev.taskward.config;

import static java.util.stream.Collectors.joining;

import io.smallrye.config.ConfigValidationException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A setting is missing or wrong. The message is one line for the operator. */
public class SettingsException extends RuntimeException {

  /** SmallRye Config's message for a value that it can't convert. The value may be a secret. */
  private static final Pattern CONVERSION =
      Pattern.compile(
          "(?s).*The config property (\\S+) with the config value .* being converted (.*)");

  /** Class names and codes in the messages of libraries. */
  private static final String NOT_FOR_OPERATORS =
      "\\b([a-z]+\\.)+\\w+Exception: |SRCFG\\d+: | which the following Converter .*";

  private static final Pattern SETTING =
      Pattern.compile("(?<!\\S)\\.?((?:taskward|quarkus)\\.[\\w.-]*\\w)");

  public SettingsException(String message) {
    super(message);
  }

  /** Returns a sentence for each setting that is wrong, with the name of its variable. */
  public static String line(ConfigValidationException failure) {
    List<String> sentences =
        IntStream.range(0, failure.getProblemCount())
            .mapToObj(i -> sentence(failure.getProblem(i).getMessage()))
            .distinct()
            .sorted()
            .toList();
    return sentences.size() == 1
        ? sentences.get(0)
        : sentences.stream().map(s -> s.replaceFirst("\\.?$", ".")).collect(joining(" "));
  }

  private static String sentence(String problem) {
    String text = CONVERSION.matcher(problem).replaceAll("$1 $2");
    return SETTING
        .matcher(text.replaceAll(NOT_FOR_OPERATORS, "").strip())
        .replaceAll(name -> variable(name.group(1)))
        .replaceFirst("^([A-Z_]+) (?=[A-Z])", "$1: ");
  }

  /** Hibernate Validator writes rateLimit for rate-limit. */
  private static String variable(String setting) {
    return EnvironmentValues.variable(
        setting.startsWith("taskward") ? setting.replaceAll("([A-Z])", "-$1") : setting);
  }
}
