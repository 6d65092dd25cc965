package dev.taskward.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.MultiMap;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ContentTypeTest {

  @Test
  void typeAndSubtypeAreLowerCaseWithoutSpaces() {
    assertEquals("application/json", normalised("APPLICATION/JSON"));
    assertEquals(
        "application/json;charset=\"UTF-8\"", normalised("application/json ; charset=\"UTF-8\""));
    assertEquals("application/json;", normalised(" application/json\t;\t"));
    assertEquals(";;;", normalised(";;;"));
    assertEquals("", normalised(""));
    assertNull(normalised(null));
  }

  /** In Turkish the lower case of I is a different letter. */
  @Test
  void theDefaultLocaleMakesNoDifference() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertEquals("application/json", normalised("APPLICATION/JSON"));
    } finally {
      Locale.setDefault(before);
    }
  }

  private static String normalised(String sent) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    if (sent != null) {
      headers.set("Content-Type", sent);
    }
    String value = ContentType.normalise(headers);
    assertEquals(value, headers.get("content-type"));
    return value;
  }
}
