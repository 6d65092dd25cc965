package dev.taskward.config;

import static dev.taskward.config.EnvironmentValues.variable;
import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Translates the names of MicroProfile JWT 2.1 for four of our settings. Any other setting of
 * MicroProfile JWT or SmallRye JWT is an error: this service verifies tokens itself, so it would
 * have no effect.
 */
final class TokenSettings {

  /**
   * @param format the pattern of the standard setting, and of ours unless it is a time
   * @param meaning returns equal values for texts with the same meaning
   */
  private record Setting(
      String standard,
      String ours,
      String format,
      String description,
      Function<String, ?> meaning) {}

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("issuer", "issuer", "(?s).*\\S.*", "must not be empty.", Function.identity()),
          new Setting(
              "audiences",
              "audiences",
              "[^,]*[^,\\s][^,]*(,[^,]*[^,\\s][^,]*)*",
              "must be a comma-separated list of audiences.",
              list -> Stream.of(list.split(",")).map(String::strip).collect(toSet())),
          new Setting(
              "clock.skew",
              "clock-skew",
              "0*([0-9]{1,2}|[12][0-9]{2}|300)",
              "must be a number of seconds from 0 to 300.",
              TokenSettings::time),
          new Setting(
              "token.age",
              "max-age",
              "0*([1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)",
              "must be a number of seconds from 1 to 86400.",
              TokenSettings::time));

  private static final String WITH_EFFECT =
      "MP_JWT_VERIFY_(PUBLICKEY(_LOCATION)?|ISSUER|AUDIENCES|CLOCK_SKEW|TOKEN_AGE)";

  private TokenSettings() {}

  /** Returns our settings for the standard ones that are valid. */
  static Map<String, String> translate(UnaryOperator<String> values) {
    Map<String, String> settings = new HashMap<>();
    for (Setting setting : SETTINGS) {
      String value = values.apply("mp.jwt.verify." + setting.standard());
      if (value != null && value.strip().matches(setting.format())) {
        settings.put(variable("taskward.tokens." + setting.ours()), value.strip());
      }
    }
    return settings;
  }

  static List<String> errors(Map<String, String> microProfileJwt, Map<String, String> tokens) {
    List<String> errors = new ArrayList<>();
    for (Setting setting : SETTINGS) {
      String standard = variable("mp.jwt.verify." + setting.standard());
      String ours = variable("taskward.tokens." + setting.ours());
      String value = microProfileJwt.get("verify." + setting.standard());
      String our = tokens.get(setting.ours());
      if (value != null && !value.matches(setting.format())) {
        errors.add(standard + " " + setting.description());
      } else if (our != null && !setting.ours().contains("-") && !our.matches(setting.format())) {
        errors.add(ours + " " + setting.description());
      } else if (value != null
          && our != null
          && !setting.meaning().apply(value).equals(setting.meaning().apply(our))) {
        errors.add(
            standard + " and " + ours + " mean the same and must be equal; set only one of them.");
      }
    }
    Duration skew = time(tokens.get("clock-skew"));
    if (skew != null && skew.getNano() > 0) {
      errors.add("TASKWARD_TOKENS_CLOCK_SKEW must be a time in whole seconds, such as 10S.");
    }
    return errors;
  }

  /** Whether this environment variable is a setting for tokens that has no effect. */
  static boolean isWithoutEffect(String variable) {
    return variable(variable).matches("(MP|SMALLRYE)_JWT_.*")
        && !variable(variable).matches(WITH_EFFECT);
  }

  /** Returns null if the text is no time. The conversion of our setting then fails. */
  private static Duration time(String text) {
    try {
      return text == null ? null : new Converters.Time().convert(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
