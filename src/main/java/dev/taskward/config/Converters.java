package dev.taskward.config;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import jakarta.annotation.Priority;
import java.time.DateTimeException;
import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;

/** Converters that are stricter than those of SmallRye Config and Quarkus. */
public final class Converters {

  private Converters() {}

  /** Reads true and false. SmallRye Config reads every other word as false. */
  @RegisterForReflection
  public static class Switch implements Converter<Boolean> {

    @Override
    public Boolean convert(String text) {
      return switch (text.strip()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new IllegalArgumentException("must be true or false.");
      };
    }
  }

  /** Reads sizes that fit into an {@code int}. Quarkus reads negative and larger ones, too. */
  @RegisterForReflection
  public static class BufferSize implements Converter<MemorySize> {

    @Override
    public MemorySize convert(String text) {
      try {
        MemorySize size = new MemorySizeConverter().convert(text.strip());
        if (size == null || size.asBigInteger().intValueExact() > 0) {
          return size;
        }
      } catch (IllegalArgumentException | ArithmeticException e) {
        // the message below is enough
      }
      throw new IllegalArgumentException("must be a size from 1 to 2047M, such as 64K.");
    }
  }

  /** Reads all times, also of Quarkus, whose own converter hides the setting's name in errors. */
  @Priority(300)
  @RegisterForReflection
  public static class Time implements Converter<Duration> {

    @Override
    public Duration convert(String text) {
      try {
        return DurationConverter.parseDuration(text);
      } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
        throw new IllegalArgumentException("must be a time such as 90S.");
      }
    }
  }

  /** Keeps an empty value, which SmallRye Config takes as not set. */
  @RegisterForReflection
  public static class Text implements Converter<String> {

    @Override
    public String convert(String text) {
      return text.strip();
    }
  }
}
