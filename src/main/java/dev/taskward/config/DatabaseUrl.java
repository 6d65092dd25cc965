package dev.taskward.config;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Translates a connection URI of libpq (PostgreSQL manual, "Connection URIs") for the JDBC driver.
 * Database providers issue such URIs.
 *
 * @param jdbcUrl without user and password, so that it can be logged
 * @param username null if the URI has none
 * @param password null if the URI has none
 */
record DatabaseUrl(String jdbcUrl, String username, String password) {

  // As in libpq, "/" and "@" must be percent-encoded in user and password, and ":" in the user.
  private static final Pattern URI =
      Pattern.compile(
          "postgres(?:ql)?(?:\\+[a-z0-9]+)?://"
              + "(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?"
              + "(?<hosts>[^@/?#]+)"
              + "(?:/(?<database>[^/?#]*))?"
              + "(?:\\?(?<query>[^#]*))?");

  private static final String HOST = "(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?";
  private static final Pattern HOSTS = Pattern.compile(HOST + "(?:," + HOST + ")*");

  /** libpq's parameters whose name or values differ in the JDBC driver. */
  private static final Map<String, String> JDBC_NAMES =
      Map.of(
          "application_name", "ApplicationName",
          "channel_binding", "channelBinding",
          "connect_timeout", "connectTimeout",
          "gssencmode", "gssEncMode",
          "sslnegotiation", "sslNegotiation",
          "target_session_attrs", "targetServerType");

  private static final Map<String, String> SERVER_TYPES =
      Map.of(
          "read-write", "primary",
          "read-only", "secondary",
          "standby", "secondary",
          "prefer-standby", "preferSecondary");

  /**
   * @throws IllegalArgumentException if the text is no such URI. The message is one line for an
   *     operator and quotes nothing that could be a password.
   */
  static DatabaseUrl parse(String text) {
    Matcher uri = URI.matcher(text);
    if (!uri.matches()
        || !HOSTS.matcher(uri.group("hosts")).matches()
        || Driver.parseURL("jdbc:postgresql://" + uri.group("hosts") + "/", null) == null) {
      throw new IllegalArgumentException(
          "DATABASE_URL must be postgresql://user:password@host:port/database?sslmode=require,"
              + " with special characters in user and password percent-encoded.");
    }
    Map<String, String> parameters = parameters(uri.group("query"));
    String username = decode(uri.group("user"));
    String password = decode(uri.group("password"));
    username = parameters.containsKey("user") ? parameters.remove("user") : username;
    password = parameters.containsKey("password") ? parameters.remove("password") : password;
    String database = uri.group("database");
    String jdbcUrl = "jdbc:postgresql://" + uri.group("hosts") + "/";
    if (database != null) {
      jdbcUrl += encode(decode(database));
    }
    if (!parameters.isEmpty()) {
      StringJoiner query = new StringJoiner("&", "?", "");
      parameters.forEach((name, value) -> query.add(name + "=" + encode(value)));
      jdbcUrl += query;
    }
    return new DatabaseUrl(jdbcUrl, username, password);
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String pair : query.split("&")) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("DATABASE_URL has a query parameter without a value.");
      }
      String name = decode(pair.substring(0, equals));
      String value = decode(pair.substring(equals + 1));
      switch (name) {
        case "user", "password" -> parameters.put(name, value);
        // The name in asyncpg and JDBC. JDBC has true and false as values.
        case "ssl" ->
            parameters.put(
                "sslmode",
                switch (value) {
                  case "true" -> "require";
                  case "false" -> "disable";
                  default -> value;
                });
        case "target_session_attrs" ->
            parameters.put(JDBC_NAMES.get(name), SERVER_TYPES.getOrDefault(value, value));
        case "sslrootcert" -> {
          if (value.equals("system")) {
            parameters.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
          } else {
            parameters.put(name, value);
          }
        }
        default -> parameters.put(driverName(name), value);
      }
    }
    return parameters;
  }

  /** Refuses unknown names. The driver ignores them, so a misspelt sslmode would have no effect. */
  private static String driverName(String name) {
    String jdbcName = JDBC_NAMES.getOrDefault(name, name);
    if (PGProperty.forName(jdbcName) == null) {
      throw new IllegalArgumentException(
          "DATABASE_URL has an unknown query parameter: " + name + ".");
    }
    return jdbcName;
  }

  private static String decode(String text) {
    if (text == null) {
      return null;
    }
    try {
      // URLDecoder is for HTML forms. In this part of a URI "+" is a plus sign.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "DATABASE_URL has a % that no two hexadecimal digits follow.");
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
