package dev.taskward.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTimesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-27T15:06:07Z",
        "2026-11-27T15:06:07.100Z",
        "2024-02-29T23:59:59.000100Z",
        "1969-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "+10000-01-01T00:00:00Z",
        "+12026-01-01T00:00:00.500Z",
        "-0001-12-31T23:59:59Z"
      })
  void everyTimeIsWrittenAsItsText(String time) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    new JsonTimes().customize(mapper);

    assertEquals('"' + time + '"', mapper.writeValueAsString(Instant.parse(time)));
  }
}
