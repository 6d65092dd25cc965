package dev.taskward.config;

import static dev.taskward.config.EnvironmentConfigSource.httpUrl;
import static dev.taskward.config.EnvironmentConfigSource.value;

import io.smallrye.config.ConfigSourceContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * OpenTelemetry's own variables (its specification, "Environment Variables" and "OTLP Exporter
 * Configuration"), passed on in Quarkus' names. Without an endpoint there are no traces.
 *
 * <p>The OpenTelemetry SDK reads the sampler and the propagators from the environment itself; here
 * they are checked.
 */
final class TraceSettings {

  private static final String QUARKUS = "QUARKUS_OTEL_EXPORTER_OTLP_";

  /** For each of these a variable for traces alone wins over the one for all signals. */
  private static final String OTLP = "OTEL_EXPORTER_OTLP_";

  private static final String OTLP_TRACES = OTLP + "TRACES_";
  private static final String TRACES_PATH = "/v1/traces";

  private static final String SDK_DISABLED = "OTEL_SDK_DISABLED";
  private static final String EXPORTER = "OTEL_TRACES_EXPORTER";
  private static final String SAMPLER = "OTEL_TRACES_SAMPLER";
  private static final String SAMPLER_ARG = "OTEL_TRACES_SAMPLER_ARG";
  private static final String PROPAGATORS = "OTEL_PROPAGATORS";
  private static final String SERVICE_NAME = "OTEL_SERVICE_NAME";
  private static final String RESOURCE_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES";

  private static final String PAIRS =
      " must be a comma-separated list of name=value, with special characters in the values"
          + " percent-encoded.";

  private static final Set<String> EXPORTED =
      Set.of("ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION");

  /** RFC 9110: a token, and visible characters with spaces between them. */
  private static final String HEADER_NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  private static final String HEADER_VALUE = "[\\x20-\\x7E\\x80-\\xFF]*";

  private final ConfigSourceContext context;
  private final Map<String, String> settings;

  private TraceSettings(ConfigSourceContext context, Map<String, String> settings) {
    this.context = context;
    this.settings = settings;
  }

  static void add(ConfigSourceContext context, Map<String, String> settings) {
    new TraceSettings(context, settings).add();
  }

  /** Whether this variable, which OpenTelemetry has for the export of traces, does nothing here. */
  static boolean isIgnored(String variable) {
    if (variable.startsWith(OTLP)) {
      String option = variable.replaceFirst("^" + OTLP + "(TRACES_)?", "");
      return !option.matches("(METRICS|LOGS)_.*") && !EXPORTED.contains(option);
    }
    return variable.startsWith("OTEL_BSP_");
  }

  private void add() {
    check(SDK_DISABLED, "(?i)true|false", "true or false");
    check(EXPORTER, "otlp|none", "otlp or none");
    check(
        SAMPLER,
        "(parentbased_)?(always_on|always_off|traceidratio)",
        "always_on, always_off or traceidratio, each also with parentbased_ in front");
    check(SAMPLER_ARG, "0(\\.[0-9]+)?|1(\\.0+)?", "a number from 0 to 1");
    check(
        PROPAGATORS,
        "none|(tracecontext|baggage)( *, *(tracecontext|baggage))*",
        "tracecontext, baggage, both with a comma between them, or none");
    String attributes = pairs(RESOURCE_ATTRIBUTES, ".+", "(?s).*");

    String endpoint = endpoint();
    boolean disabled =
        endpoint == null
            || "true".equalsIgnoreCase(value(context, SDK_DISABLED))
            || "none".equals(value(context, EXPORTER));
    settings.put("QUARKUS_OTEL_SDK_DISABLED", Boolean.toString(disabled));
    if (disabled) {
      return;
    }
    put(QUARKUS + "ENDPOINT", endpoint);
    settings.put(QUARKUS + "PROTOCOL", protocol());
    put(QUARKUS + "HEADERS", pairs(exported("HEADERS"), HEADER_NAME, HEADER_VALUE));
    check(exported("COMPRESSION"), "gzip|none", "gzip or none");
    put(QUARKUS + "COMPRESSION", value(context, exported("COMPRESSION")));
    put(QUARKUS + "TIMEOUT", timeout());
    put("QUARKUS_OTEL_TRACES_SAMPLER_ARG", value(context, SAMPLER_ARG));
    put("QUARKUS_OTEL_SERVICE_NAME", value(context, SERVICE_NAME));
    put("QUARKUS_OTEL_RESOURCE_ATTRIBUTES", attributes);
  }

  /** Quarkus adds the path to every endpoint; OpenTelemetry, to the one for all signals alone. */
  private String endpoint() {
    String name = exported("ENDPOINT");
    String endpoint = value(context, name);
    if (endpoint == null) {
      return null;
    }
    endpoint = endpoint.strip();
    boolean isComplete = name.startsWith(OTLP_TRACES) && protocol().startsWith("http");
    if (httpUrl(endpoint).isEmpty() || isComplete && !endpoint.endsWith(TRACES_PATH)) {
      throw new IllegalArgumentException(
          name
              + " must be an http or https URL such as http://collector:4318"
              + (isComplete ? TRACES_PATH + ", with this path at its end." : "."));
    }
    return isComplete ? endpoint.substring(0, endpoint.length() - TRACES_PATH.length()) : endpoint;
  }

  private String protocol() {
    String name = exported("PROTOCOL");
    check(name, "grpc|http/protobuf", "grpc or http/protobuf");
    String protocol = value(context, name);
    return protocol == null ? "http/protobuf" : protocol;
  }

  /** OpenTelemetry has milliseconds; Quarkus takes whole seconds, and 0 for no timeout. */
  private String timeout() {
    String name = exported("TIMEOUT");
    check(name, "0*[1-9][0-9]{0,8}", "a number of milliseconds from 1 on");
    String millis = value(context, name);
    return millis == null ? null : (Integer.parseInt(millis) + 999) / 1000 + "S";
  }

  /** The name that counts. */
  private String exported(String option) {
    return value(context, OTLP_TRACES + option) == null ? OTLP + option : OTLP_TRACES + option;
  }

  /**
   * Decodes a list of pairs (W3C Baggage: the values are percent-encoded) and writes it as Quarkus
   * reads lists, with a backslash before what would end a value.
   */
  private String pairs(String name, String keyFormat, String valueFormat) {
    String list = value(context, name);
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
        throw new IllegalArgumentException(name + PAIRS);
      }
      pairs.add((key + "=" + value).replace("\\", "\\\\").replace(",", "\\,"));
    }
    return pairs.toString();
  }

  /** Null if a % has no two hexadecimal digits behind it. */
  private static String percentDecoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private void check(String name, String format, String description) {
    String value = value(context, name);
    if (value != null && !value.strip().matches(format)) {
      throw new IllegalArgumentException(name + " must be " + description + ".");
    }
  }

  private void put(String name, String value) {
    if (value != null) {
      settings.put(name, value);
    }
  }
}
