package dev.taskward.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.RawHttp;
import dev.taskward.ServiceLog;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.List;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;

/** With the access log on: one line per request. */
@QuarkusTest
@TestProfile(UnusualSettings.class)
class AccessLogTest {

  @TestHTTPResource("/")
  URI base;

  final User alice = User.fresh();
  final User bob = User.fresh();

  @Test
  void aLineHasTheStatusThePathAndAHashOfTheUser() throws Exception {
    User.withoutToken().get("/api/v1/tasks"); // also loads the OpenAPI document for the tests
    long id = alice.has("warm up");
    try (ServiceLog log = new ServiceLog()) {
      alice.has("Buy milk");
      alice.list("?q=milk");
      bob.get(id).statusCode(404); // foreign tasks are concealed
      User.withoutToken().get("/api/v1/tasks");
      RawHttp.exchange(base, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
      Thread.sleep(500); // the line is written after the response

      List<ExtLogRecord> lines =
          log.lines().stream()
              .filter(line -> line.getLoggerName().equals("dev.taskward.access"))
              .toList();
      assertEquals(
          List.of("201", "200", "404", "401", "400"),
          lines.stream().map(line -> line.getMdc("status")).toList());
      assertEquals(lines.get(0).getMdc("user"), lines.get(1).getMdc("user"));
      assertTrue(lines.get(0).getMdc("user").matches("[0-9a-f]{16}"));
      assertFalse(lines.get(0).getMdc("user").equals(lines.get(2).getMdc("user")));
      assertNull(lines.get(3).getMdc("user"));
      assertEquals("/api/v1/tasks/" + id, lines.get(2).getMdc("path"));
      assertTrue(lines.stream().allMatch(line -> line.getMdc("traceId").length() == 32));
      for (ExtLogRecord line : lines) {
        String all = line.getFormattedMessage() + line.getMdcCopy();
        assertFalse(all.contains("milk") || all.contains(alice.name()), all);
      }
    }
  }
}
