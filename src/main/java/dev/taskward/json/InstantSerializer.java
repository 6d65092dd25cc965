package dev.taskward.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/**
 * Writes a time as RFC 3339 in UTC with six fractional digits, so that times sort as text. It uses
 * no formatter, which would create many temporary strings for each time.
 */
@Singleton
class InstantSerializer extends StdScalarSerializer<Instant> implements ObjectMapperCustomizer {

  private static final int SECONDS_PER_DAY = 24 * 60 * 60;

  private static final int LENGTH = "9999-12-31T23:59:59.999999Z".length();

  /** For years with a sign, which RFC 3339 does not allow. */
  private static final DateTimeFormatter FAR =
      new DateTimeFormatterBuilder().appendInstant(6).toFormatter(Locale.ROOT);

  InstantSerializer() {
    super(Instant.class);
  }

  /** Runs after Quarkus has registered its modules: the last serializer of a type wins. */
  @Override
  public int priority() {
    return MINIMUM_PRIORITY;
  }

  @Override
  public void customize(ObjectMapper mapper) {
    mapper.registerModule(new SimpleModule("times").addSerializer(this));
  }

  @Override
  public void serialize(Instant time, JsonGenerator json, SerializerProvider provider)
      throws IOException {
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(time.getEpochSecond(), SECONDS_PER_DAY));
    if (date.getYear() < 0 || date.getYear() > 9999) {
      json.writeString(FAR.format(time));
      return;
    }
    int second = Math.floorMod(time.getEpochSecond(), SECONDS_PER_DAY);
    char[] text = new char[LENGTH];
    int end = number(text, 0, date.getYear(), 4, '-');
    end = number(text, end, date.getMonthValue(), 2, '-');
    end = number(text, end, date.getDayOfMonth(), 2, 'T');
    end = number(text, end, second / 3600, 2, ':');
    end = number(text, end, second / 60 % 60, 2, ':');
    end = number(text, end, second % 60, 2, '.');
    number(text, end, time.getNano() / 1_000, 6, 'Z');
    json.writeString(text, 0, LENGTH);
  }

  /** Writes the number with leading zeros and the next character; returns the end position. */
  private static int number(char[] text, int from, int number, int digits, char next) {
    int rest = number;
    for (int at = from + digits - 1; at >= from; at--) {
      text[at] = (char) ('0' + rest % 10);
      rest /= 10;
    }
    text[from + digits] = next;
    return from + digits + 1;
  }
}
