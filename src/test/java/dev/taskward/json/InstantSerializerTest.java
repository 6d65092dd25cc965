package dev.taskward.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstantSerializerTest {

  @ParameterizedTest
  @CsvSource({
    "2026-11-27T15:06:07Z, 2026-11-27T15:06:07.000000Z",
    "2026-11-27T15:06:07.100Z, 2026-11-27T15:06:07.100000Z",
    "2024-02-29T23:59:59.000100Z, 2024-02-29T23:59:59.000100Z",
    "2024-02-29T23:59:59.000001Z, 2024-02-29T23:59:59.000001Z",
    "1969-12-31T23:59:59.999999999Z, 1969-12-31T23:59:59.999999Z",
    "0000-01-01T00:00:00Z, 0000-01-01T00:00:00.000000Z",
    "9999-12-31T23:59:59.999999999Z, 9999-12-31T23:59:59.999999Z",
    "+10000-01-01T00:00:00Z, +10000-01-01T00:00:00.000000Z",
    "+12026-01-01T00:00:00.500Z, +12026-01-01T00:00:00.500000Z",
    "-0001-12-31T23:59:59Z, -0001-12-31T23:59:59.000000Z"
  })
  void everyTimeHasSixFractionDigits(String time, String written) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    new InstantSerializer().customize(mapper);

    assertEquals('"' + written + '"', mapper.writeValueAsString(Instant.parse(time)));
  }
}
