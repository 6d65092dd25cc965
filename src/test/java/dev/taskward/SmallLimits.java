package dev.taskward;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;
import java.util.Map;

/** Small limits that do not disturb one another, for contract tests that share one start. */
public class SmallLimits implements QuarkusTestProfile {

  public static final String ORIGIN = "https://app.example";

  /** Of a page in development, of apps and of a browser extension. */
  public static final List<String> OTHER_ORIGINS =
      List.of(
          "http://localhost:3000",
          "http://[::1]:3000",
          "capacitor://localhost",
          "ionic://localhost",
          "tauri://localhost",
          "chrome-extension://cjpalhdlnbpafiamejdnhcphjbkeiagm");

  public static final int QUOTA = 5;
  public static final int STREAMS = 3;

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.ofEntries(
        Map.entry("taskward.cors.origins", ORIGIN + ", " + String.join(", ", OTHER_ORIGINS)),
        Map.entry("taskward.tasks.quota", Integer.toString(QUOTA)),
        Map.entry("taskward.changes.max-streams", Integer.toString(STREAMS)),
        Map.entry("taskward.trash.purge-interval", "1s"),
        Map.entry("taskward.trash.retention", "36h"),
        Map.entry("taskward.head-timeout", "1s"),
        Map.entry("taskward.body-timeout", "1s"),
        Map.entry("quarkus.http.idle-timeout", "5s"),
        Map.entry("quarkus.datasource.jdbc.foreground-validation-interval", "1S"),
        Map.entry("quarkus.datasource.jdbc.acquisition-timeout", "1S"),
        Map.entry("quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2"));
  }
}
