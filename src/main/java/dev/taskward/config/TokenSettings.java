package dev.taskward.config;

import static dev.taskward.config.EnvironmentConfigSource.KEY_LOCATION;
import static dev.taskward.config.EnvironmentConfigSource.PUBLIC_KEY;
import static dev.taskward.config.EnvironmentConfigSource.raw;
import static dev.taskward.config.EnvironmentConfigSource.value;
import static dev.taskward.config.EnvironmentConfigSource.variable;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigValue;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which tokens are accepted, in our names and in those of MicroProfile JWT 2.1, which mean the
 * same. Any other setting of MicroProfile JWT or SmallRye JWT is an error: this service verifies
 * tokens itself, and an operator who sets it relies on it.
 */
final class TokenSettings {

  private static final String ISSUER = "taskward.tokens.issuer";
  private static final String AUDIENCES = "taskward.tokens.audiences";

  /** What is compared to see whether two settings say the same. */
  private record Standard(
      String name, String ours, String format, String description, Function<String, ?> meaning) {

    /** MicroProfile JWT has numbers of seconds. */
    static Standard seconds(String name, String ours, String format, String description) {
      return new Standard(name, ours, format, description, DurationConverter::parseDuration);
    }
  }

  private static final List<Standard> STANDARDS =
      List.of(
          new Standard("mp.jwt.verify.issuer", ISSUER, "(?s).*", "", Function.identity()),
          new Standard(
              "mp.jwt.verify.audiences", AUDIENCES, "(?s).*", "", TokenSettings::audiences),
          Standard.seconds(
              "mp.jwt.verify.clock.skew",
              "taskward.tokens.clock-skew",
              "0*([0-9]{1,2}|[12][0-9]{2}|300)",
              "a number of seconds from 0 to 300"),
          Standard.seconds(
              "mp.jwt.verify.token.age",
              "taskward.tokens.max-age",
              "0*([1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)",
              "a number of seconds from 1 to 86400"));

  private static final Set<String> WITH_EFFECT =
      Stream.concat(STANDARDS.stream().map(Standard::name), Stream.of(PUBLIC_KEY, KEY_LOCATION))
          .map(EnvironmentConfigSource::variable)
          .collect(Collectors.toSet());

  private TokenSettings() {}

  static void add(ConfigSourceContext context, Map<String, String> settings) {
    checkIssuer(context, ISSUER);
    checkAudiences(context, AUDIENCES);
    for (Standard standard : STANDARDS) {
      addStandard(context, standard, settings);
    }
    checkOthers(context);
  }

  private static void addStandard(
      ConfigSourceContext context, Standard standard, Map<String, String> settings) {
    if (!isSet(context, standard.name())) {
      return;
    }
    if (standard.ours().equals(ISSUER)) {
      checkIssuer(context, standard.name());
    } else if (standard.ours().equals(AUDIENCES)) {
      checkAudiences(context, standard.name());
    }
    String value = raw(context, standard.name()).orElse("").strip();
    if (!value.matches(standard.format())) {
      throw new IllegalArgumentException(
          variable(standard.name()) + " must be " + standard.description() + ".");
    }
    String ours = isDefault(context, standard.ours()) ? null : value(context, standard.ours());
    if (ours == null) {
      settings.put(variable(standard.ours()), value);
    } else if (!standard.meaning().apply(ours.strip()).equals(standard.meaning().apply(value))) {
      throw new IllegalArgumentException(
          variable(standard.name())
              + " and "
              + variable(standard.ours())
              + " mean the same and must be equal; set only one of them.");
    }
  }

  /** If it is empty, as a template may leave it, no issuer would be required. */
  private static void checkIssuer(ConfigSourceContext context, String name) {
    if (raw(context, name).filter(String::isBlank).isPresent()) {
      throw new IllegalArgumentException(variable(name) + " must not be empty.");
    }
  }

  private static void checkAudiences(ConfigSourceContext context, String name) {
    Stream<String> audiences =
        raw(context, name).stream().flatMap(list -> Stream.of(list.split(",", -1)));
    if (audiences.anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          variable(name) + " must be a comma-separated list of audiences.");
    }
  }

  private static void checkOthers(ConfigSourceContext context) {
    Set<String> others = new TreeSet<>();
    for (Iterator<String> names = context.iterateNames(); names.hasNext(); ) {
      String name = names.next();
      String variable = variable(name);
      if (variable.matches("(MP|SMALLRYE)_JWT_.*")
          && !WITH_EFFECT.contains(variable)
          && isSet(context, name)) {
        others.add(variable);
      }
    }
    if (!others.isEmpty()) {
      throw new IllegalArgumentException(
          String.join(", ", others)
              + (others.size() == 1 ? " has" : " have")
              + " no effect in this service: remove it, see the README's settings for tokens.");
    }
  }

  /** Whether the environment has it: Quarkus itself sets properties for dev mode and tests. */
  private static boolean isSet(ConfigSourceContext context, String name) {
    return EnvironmentValues.isFromEnvironment(context.getValue(name));
  }

  private static boolean isDefault(ConfigSourceContext context, String name) {
    ConfigValue value = context.getValue(name);
    return value != null && value.isDefault();
  }

  private static Set<String> audiences(String list) {
    return Arrays.stream(list.split(",")).map(String::strip).collect(Collectors.toSet());
  }
}
