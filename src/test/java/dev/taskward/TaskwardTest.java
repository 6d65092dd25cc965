package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.config.EnvironmentCheck;
import dev.taskward.config.TaskwardConfig;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.io.FileNotFoundException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The line that an operator reads when a setting of Taskward is wrong, without a start. */
class TaskwardTest {

  @ParameterizedTest
  @CsvSource({
    "TASKWARD_IDEMPOTENCY_LIFETIME, -5M, must be longer than or equal to 1 second",
    "TASKWARD_IDEMPOTENCY_MAX_KEYS, 0, must be greater than or equal to 1",
    "TASKWARD_TASKS_QUOTA, 0, must be greater than or equal to 1",
    "TASKWARD_TRASH_RETENTION, 200000000D, must be shorter than or equal to 36500 days",
    "TASKWARD_TRASH_RETENTION, -1D, must be longer than or equal to 0",
    "TASKWARD_TRASH_PURGE_INTERVAL, 0S, must be longer than or equal to 1 second",
    "TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL, 200000D, must be shorter than or equal to 1 day",
    "TASKWARD_TOKENS_CLOCK_SKEW, 1H, must be shorter than or equal to 5 minutes",
    "TASKWARD_RATE_LIMIT_STORE, redis, must be memory or postgresql",
    "TASKWARD_HEAD_TIMEOUT, 2H, must be shorter than or equal to 1 hour",
  })
  void aSettingOutOfBoundsIsReportedInOneLine(String variable, String value, String line) {
    assertEquals(variable + " " + line, line(variable, value));
  }

  @Test
  void aSettingThatCannotBeConvertedIsReportedInOneLine() {
    assertEquals(
        "The config property TASKWARD_TOKENS_SUBJECT_CLAIM is defined as the empty String (\"\")",
        line("TASKWARD_TOKENS_SUBJECT_CLAIM", ""));
    assertEquals(
        "TASKWARD_TOKENS_CLOCK_SKEW must be a time such as 90S.",
        line("TASKWARD_TOKENS_CLOCK_SKEW", "ten"));
  }

  private static String line(String variable, String value) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withSources(new EnvConfigSource(Map.of(variable, value), 300))
            .withMapping(TaskwardConfig.class)
            .withValidator(new BeanValidationConfigValidatorImpl());
    ConfigValidationException failure =
        assertThrows(ConfigValidationException.class, builder::build);
    return Taskward.line(failure).orElseThrow();
  }

  @Test
  void anErrorOfALibraryNamesTheUncheckedSettings() {
    Map<String, String> environment =
        Map.of(
            "QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME", "-1S",
            "QUARKUS_HTTP_IDLE_TIMEOUT", "1S",
            "QUARKUS_DATASOURCE_PASSWORD", "p",
            "PATH", "/");
    assertEquals(
        "Startup failed: IllegalArgumentException: Max Lifetime must not be negative. One of"
            + " these settings may be wrong: QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME.",
        EnvironmentCheck.suspects(
                new RuntimeException(
                    new IllegalArgumentException("Max Lifetime must not be negative.\nMore")),
                environment)
            .orElseThrow());
    assertEquals(
        "Startup failed: FileNotFoundException: /nowhere. One of these settings may be wrong:"
            + " QUARKUS_DATASOURCE_JDBC_MAX_LIFETIME.",
        EnvironmentCheck.suspects(new FileNotFoundException("/nowhere"), environment)
            .orElseThrow());
    assertTrue(
        EnvironmentCheck.suspects(new IllegalArgumentException("x"), Map.of("PATH", "/"))
            .isEmpty());
    assertTrue(EnvironmentCheck.suspects(new NullPointerException(), environment).isEmpty());
  }
}
