package dev.taskward.config;

import static dev.taskward.config.EnvironmentConfigSource.value;
import static dev.taskward.config.EnvironmentConfigSource.variable;
import static java.util.Map.entry;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigSourceContext;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What values must look like where nothing else says it in one line: Quarkus takes any word for a
 * switch and negative numbers for limits, and some libraries fail later, with a stack.
 */
final class ValueFormats {

  private record Format(Predicate<String> test, String description) {}

  private static final Format SWITCH =
      new Format(value -> value.equals("true") || value.equals("false"), "true or false");

  private static final Format COUNT =
      new Format(value -> value.matches("0*[1-9][0-9]{0,8}"), "a number from 1 on");

  private static final Format SIZE =
      new Format(ValueFormats::isSize, "a size from 1 to 2047M, such as 64K");

  private static final Format HOST =
      new Format(ValueFormats::isHost, "an IP address or a host name that can be resolved");

  private static final Format CERTIFICATES =
      new Format(
          ValueFormats::areCertificates, "a comma-separated list of PEM files with certificates");

  private static final Format WHOLE_SECONDS =
      new Format(
          value -> isTime(value, Duration.ZERO, Duration.ofMinutes(5), true),
          "a time in whole seconds from 0S to 5M, such as 10S");

  private static final String JDBC = "quarkus.datasource.jdbc.";

  private static final List<Map.Entry<String, Format>> FORMATS =
      List.of(
          entry("taskward.scopes.required", SWITCH),
          entry("taskward.conceal-foreign-tasks", SWITCH),
          entry("taskward.access-log", SWITCH),
          entry("taskward.api-docs", SWITCH),
          entry("taskward.rate-limit.enabled", SWITCH),
          entry("quarkus.log.console.json.enabled", SWITCH),
          entry("quarkus.thread-pool.max-threads", COUNT),
          entry("quarkus.thread-pool.queue-size", COUNT),
          entry(JDBC + "max-size", COUNT),
          entry(JDBC + "additional-jdbc-properties.socketTimeout", COUNT),
          entry(JDBC + "additional-jdbc-properties.connectTimeout", COUNT),
          entry(JDBC + "acquisition-timeout", time("1MS", "1H")),
          entry("quarkus.http.limits.max-initial-line-length", COUNT),
          entry("quarkus.http.limits.max-header-size", SIZE),
          entry("taskward.max-body-size", SIZE),
          entry("quarkus.http.idle-timeout", time("1S", "24H")),
          entry("quarkus.shutdown.delay", time("0S", "24H")),
          entry("quarkus.shutdown.timeout", time("0S", "24H")),
          entry("taskward.tokens.clock-skew", WHOLE_SECONDS),
          entry("taskward.tokens.max-age", time("1S", "24H")),
          entry("quarkus.http.host", HOST),
          entry("quarkus.management.host", HOST),
          entry("quarkus.tls.jwks.trust-store.pem.certs", CERTIFICATES));

  private ValueFormats() {}

  /**
   * @throws IllegalArgumentException if one is wrong; the message is one line for an operator
   */
  static void check(ConfigSourceContext context) {
    for (Map.Entry<String, Format> setting : FORMATS) {
      String value = value(context, setting.getKey());
      if (value != null && !setting.getValue().test().test(value.strip())) {
        throw new IllegalArgumentException(
            variable(setting.getKey()) + " must be " + setting.getValue().description() + ".");
      }
    }
  }

  /** The settings that {@link #check} vouches for, as environment variables. */
  static Set<String> variables() {
    return FORMATS.stream().map(format -> variable(format.getKey())).collect(Collectors.toSet());
  }

  private static Format time(String min, String max) {
    Duration least = DurationConverter.parseDuration(min);
    Duration most = DurationConverter.parseDuration(max);
    return new Format(
        value -> isTime(value, least, most, false), "a time from " + min + " to " + max);
  }

  private static boolean isTime(String text, Duration min, Duration max, boolean wholeSeconds) {
    try {
      Duration time = DurationConverter.parseDuration(text);
      return time.compareTo(min) >= 0
          && time.compareTo(max) <= 0
          && !(wholeSeconds && time.getNano() > 0);
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
      return false;
    }
  }

  private static boolean isSize(String text) {
    try {
      BigInteger bytes = new MemorySizeConverter().convert(text).asBigInteger();
      return bytes.signum() > 0 && bytes.bitLength() < Integer.SIZE;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isHost(String text) {
    try {
      return InetAddress.getByName(text) != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean areCertificates(String files) {
    for (String file : files.split(",")) {
      try (InputStream pem = Files.newInputStream(Path.of(file.strip()))) {
        if (CertificateFactory.getInstance("X.509").generateCertificates(pem).isEmpty()) {
          return false;
        }
      } catch (IOException | InvalidPathException | CertificateException e) {
        return false;
      }
    }
    return true;
  }
}
