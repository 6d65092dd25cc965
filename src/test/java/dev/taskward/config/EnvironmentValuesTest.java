package dev.taskward.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.Expressions;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentValuesTest {

  private static SmallRyeConfig config(Map<String, String> environment) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .withInterceptors(new EnvironmentValues())
        .withSources(new EnvConfigSource(environment, 300))
        .withSources(
            new PropertiesConfigSource(
                Map.of(
                    "docs", "${taskward.api-docs}",
                    "shown", "${SECRET}",
                    "default", "${nothing:x}",
                    "raw", "a$$b",
                    "taskward.api-docs", "false"),
                "application.properties",
                250))
        .build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a$b",
        "a$$b",
        "$$$",
        "a${b}c",
        "${SECRET}",
        "${x:y}",
        "${",
        "$",
        "\\$",
        "a\\$b",
        "\\\\$$",
        "\\${b}",
        "\\",
        "a\\b",
        "${a::b}",
        "$}{",
        "%{x}",
        "p\\\\${dev.taskward.backslash}",
        "a,b=c"
      })
  void noValueOfTheEnvironmentIsAnExpression(String secret) {
    SmallRyeConfig config = config(Map.of("SECRET", secret, "QUARKUS_DATASOURCE_PASSWORD", secret));

    assertEquals(secret, config.getValue("SECRET", String.class));
    assertEquals(secret, config.getValue("quarkus.datasource.password", String.class));
    assertEquals(secret, config.getValue("shown", String.class), "by an expression of a file");
    assertEquals(
        secret, Expressions.withoutExpansion(() -> config.getConfigValue("SECRET").getValue()));
  }

  @Test
  void expressionsInPropertiesFilesAreExpanded() {
    SmallRyeConfig config = config(Map.of("TASKWARD_API_DOCS", "true"));

    assertEquals("true", config.getValue("docs", String.class));
    assertEquals("x", config.getValue("default", String.class));
    assertEquals("a$b", config.getValue("raw", String.class));
    assertEquals("false", config(Map.of()).getValue("docs", String.class));
  }

  /** Kubernetes secrets that are created from files may end with a line break. */
  @ParameterizedTest
  @ValueSource(strings = {"secret\n", "secret\r\n", "secret\n\n", "secret"})
  void aTrailingLineBreakIsRemoved(String secret) {
    assertEquals("secret", config(Map.of("SECRET", secret)).getValue("SECRET", String.class));
  }

  @Test
  void otherWhiteSpaceIsKept() {
    for (String secret : new String[] {" secret ", "\nsecret", "sec\nret", "secret\n "}) {
      assertEquals(secret, config(Map.of("SECRET", secret)).getValue("SECRET", String.class));
    }
  }

  @Test
  void theLogNamesVariablesWithATrailingLineBreak() {
    assertEquals(
        "BETTER_AUTH_SECRET, DATABASE_URL",
        EnvironmentCheck.cut(
            Map.of(
                "DATABASE_URL", "postgres://u:p@h/d\n",
                "BETTER_AUTH_SECRET", "secret\r\n",
                "TASKWARD_MIGRATE", "start",
                "MP_JWT_VERIFY_PUBLICKEY", "-----END PUBLIC KEY-----\n",
                "PS1", "a\n")));
  }

  @Test
  void theEnvironmentIsDecodedAsUtf8() {
    ByteArrayOutputStream environ = new ByteArrayOutputStream();
    environ.writeBytes("A=ascii\0B=p=ä€\0C=".getBytes(StandardCharsets.UTF_8));
    environ.write(0xE4); // ä in ISO 8859-1
    environ.writeBytes("\0D=\uFFFD\0".getBytes(StandardCharsets.UTF_8));

    assertEquals(
        Map.of("B", "p=ä€", "D", "\uFFFD"), EnvironmentCharset.decode(environ.toByteArray()));
  }

  @Test
  void aSettingThatCannotBeDecodedIsNamed() {
    EnvironmentCheck.check(Map.of("PS1", "\uFFFD", "DATABASE_URL", "b"));
    assertEquals(
        "BETTER_AUTH_SECRET, TASKWARD_X can't be decoded: it must be UTF-8, and LC_ALL must be"
            + " C.UTF-8.",
        assertThrows(
                SettingsException.class,
                () ->
                    EnvironmentCheck.check(
                        Map.of("BETTER_AUTH_SECRET", "a\uFFFD", "TASKWARD_X", "\uFFFD")))
            .getMessage());
  }
}
