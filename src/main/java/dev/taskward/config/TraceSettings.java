package dev.taskward.config;

import static dev.taskward.config.EnvironmentValues.variable;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;

/**
 * Translates OpenTelemetry's variables (its specification, "Environment Variables" and "OTLP
 * Exporter Configuration") into Quarkus' settings. Without an endpoint there are no traces.
 *
 * <p>The OpenTelemetry SDK reads the sampler and the propagators itself. This class only checks
 * them.
 */
final class TraceSettings {

  private static final String QUARKUS = "QUARKUS_OTEL_EXPORTER_OTLP_";
  private static final String OTLP = "exporter.otlp.";

  /** The settings for traces only. Each overrides the one for all signals. */
  private static final String OTLP_TRACES = OTLP + "traces.";

  private static final String TRACES_PATH = "/v1/traces";

  /** RFC 9110: a token, and visible characters with spaces between them. */
  private static final String HEADER_NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  private static final String HEADER_VALUE = "[\\x20-\\x7E\\x80-\\xFF]*";

  private final UnaryOperator<String> values;
  private final Map<String, String> settings = new HashMap<>();

  private TraceSettings(UnaryOperator<String> values) {
    this.values = values;
  }

  /**
   * @param values returns the value of a name without {@code otel.}, or null
   * @throws IllegalArgumentException if a value is wrong. The message is one line for an operator.
   */
  static Map<String, String> translate(UnaryOperator<String> values) {
    TraceSettings traces = new TraceSettings(values);
    traces.translate();
    return traces.settings;
  }

  /** Whether OpenTelemetry uses this variable to export traces, but this service ignores it. */
  static boolean isIgnored(String variable) {
    return variable.startsWith("OTEL_BSP_")
        || variable.startsWith("OTEL_EXPORTER_OTLP_")
            && !variable.matches(
                "OTEL_EXPORTER_OTLP_((METRICS|LOGS)_.*"
                    + "|(TRACES_)?(ENDPOINT|PROTOCOL|HEADERS|TIMEOUT|COMPRESSION))");
  }

  private void translate() {
    checked("sdk.disabled", "(?i)true|false", "true or false");
    checked("traces.exporter", "otlp|none", "otlp or none");
    checked(
        "traces.sampler",
        "(parentbased_)?(always_on|always_off|traceidratio)",
        "always_on, always_off or traceidratio, each also with parentbased_ in front");
    checked("traces.sampler.arg", "0(\\.[0-9]+)?|1(\\.0+)?", "a number from 0 to 1");
    checked(
        "propagators",
        "none|(tracecontext|baggage)( *, *(tracecontext|baggage))*",
        "tracecontext, baggage, both with a comma between them, or none");
    String attributes = pairs("resource.attributes", ".+", "(?s).*");
    String endpoint = endpoint();
    boolean disabled =
        endpoint == null
            || "true".equalsIgnoreCase(value("sdk.disabled"))
            || "none".equals(value("traces.exporter"));
    put("QUARKUS_OTEL_SDK_DISABLED", Boolean.toString(disabled));
    if (disabled) {
      return;
    }
    put(QUARKUS + "ENDPOINT", endpoint);
    put(QUARKUS + "PROTOCOL", protocol());
    put(QUARKUS + "HEADERS", pairs(exported("headers"), HEADER_NAME, HEADER_VALUE));
    put(QUARKUS + "COMPRESSION", checked(exported("compression"), "gzip|none", "gzip or none"));
    put(QUARKUS + "TIMEOUT", timeout());
    put("QUARKUS_OTEL_TRACES_SAMPLER_ARG", value("traces.sampler.arg"));
    put("QUARKUS_OTEL_SERVICE_NAME", value("service.name"));
    put("QUARKUS_OTEL_RESOURCE_ATTRIBUTES", attributes);
  }

  /** Removes the path of an endpoint for traces only. Quarkus adds the path to every endpoint. */
  private String endpoint() {
    String name = exported("endpoint");
    String endpoint = value(name);
    if (endpoint == null) {
      return null;
    }
    String path = name.startsWith(OTLP_TRACES) && protocol().startsWith("http") ? TRACES_PATH : "";
    if (httpUrl(endpoint).isEmpty() || !endpoint.endsWith(path)) {
      throw wrong(
          name,
          "an http or https URL such as http://collector:4318"
              + (path.isEmpty() ? "" : path + ", with this path at its end"));
    }
    return endpoint.substring(0, endpoint.length() - path.length());
  }

  /** Returns the URL; empty if the text is no http or https URL or has a password. */
  static Optional<URI> httpUrl(String text) {
    try {
      return Optional.of(new URI(text))
          .filter(
              url ->
                  text.matches("(?i)https?:.*")
                      && url.getHost() != null
                      && url.getUserInfo() == null);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private String protocol() {
    String protocol = checked(exported("protocol"), "grpc|http/protobuf", "grpc or http/protobuf");
    return protocol == null ? "http/protobuf" : protocol;
  }

  /** Converts milliseconds to seconds, rounded up: Quarkus takes 0 for no timeout. */
  private String timeout() {
    String millis =
        checked(exported("timeout"), "0*[1-9][0-9]{0,8}", "a number of milliseconds from 1 on");
    return millis == null ? null : (Integer.parseInt(millis) + 999) / 1000 + "S";
  }

  private String exported(String option) {
    return value(OTLP_TRACES + option) == null ? OTLP + option : OTLP_TRACES + option;
  }

  /**
   * Decodes a list of pairs (W3C Baggage: the values are percent-encoded) and writes it as Quarkus
   * reads lists, with a backslash before what would end a value.
   */
  private String pairs(String name, String keyFormat, String valueFormat) {
    String list = value(name);
    if (list == null) {
      return null;
    }
    StringJoiner pairs = new StringJoiner(",");
    for (String pair : list.split(",")) {
      if (pair.isBlank()) {
        continue;
      }
      String[] parts = pair.split("=", 2);
      String key = parts[0].strip();
      String value = parts.length < 2 ? null : percentDecoded(parts[1].strip());
      if (value == null || !key.matches(keyFormat) || !value.matches(valueFormat)) {
        throw wrong(
            name,
            "a comma-separated list of name=value, with special characters in the values"
                + " percent-encoded");
      }
      pairs.add((key + "=" + value).replace("\\", "\\\\").replace(",", "\\,"));
    }
    return pairs.toString();
  }

  /** Returns null if two hexadecimal digits do not follow a %. */
  private static String percentDecoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private String checked(String name, String format, String description) {
    String value = value(name);
    if (value != null && !value.matches(format)) {
      throw wrong(name, description);
    }
    return value;
  }

  private static IllegalArgumentException wrong(String name, String description) {
    return new IllegalArgumentException(variable("otel." + name) + " must be " + description + ".");
  }

  /** Returns null if the setting is not set or blank. */
  private String value(String name) {
    String value = values.apply(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private void put(String name, String value) {
    if (value != null) {
      settings.put(name, value);
    }
  }
}
