package dev.taskward.config;

import io.quarkus.runtime.annotations.StaticInitSafe;
import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.Expressions;
import io.smallrye.config.Priorities;
import jakarta.annotation.Priority;
import java.util.Locale;

/**
 * Reads values of environment variables literally: {@code $} does not begin an expression. SmallRye
 * Config expands the values of all sources, so this interceptor escapes those of the environment.
 *
 * <p>It also cuts off line breaks at the end, which secrets from files have. It corrects values
 * that the JVM decoded with the wrong charset.
 */
@StaticInitSafe
@Priority(Priorities.LIBRARY)
public class EnvironmentValues implements ConfigSourceInterceptor {

  private static final long serialVersionUID = 1L;

  /**
   * The name of an expression for a backslash. In other expressions both {@code $$} and a backslash
   * before {@code $} are a dollar.
   */
  private static final String BACKSLASH = "dev.taskward.backslash";

  @Override
  public ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    if (name.equals(BACKSLASH)) {
      return ConfigValue.builder().withName(name).withValue("\\").build();
    }
    ConfigValue found = context.proceed(name);
    if (!isFromEnvironment(found) || found.getValue() == null) {
      return found;
    }
    String text = withoutLineBreak(EnvironmentCharset.corrected(name, found.getValue()));
    String value = Expressions.isEnabled() ? escaped(text) : text;
    return value.equals(found.getValue()) ? found : found.withValue(value);
  }

  /** Also true for a {@code .env} file, and for what {@link EnvironmentConfigSource} derives. */
  static boolean isFromEnvironment(ConfigValue value) {
    return value != null
        && value.getConfigSourceName() != null
        && value.getConfigSourceName().startsWith(EnvConfigSource.NAME);
  }

  /** Returns the environment variable of a setting. */
  static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  static String withoutLineBreak(String text) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    return text.substring(0, end);
  }

  private static String escaped(String text) {
    return text.indexOf('$') < 0
        ? text
        : text.replace("$", "$$").replace("\\", "${" + BACKSLASH + "}");
  }
}
