package dev.taskward;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Small limits that do not disturb one another, for contract tests that share one start. */
public class SmallLimits implements QuarkusTestProfile {

  public static final String ORIGIN = "https://app.example";
  public static final int QUOTA = 5;

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of(
        "taskward.cors.origins", ORIGIN + ", http://localhost:3000",
        "taskward.tasks.quota", Integer.toString(QUOTA),
        "taskward.trash.purge-interval", "1s",
        "taskward.trash.retention", "36h",
        "taskward.head-timeout", "1s",
        "taskward.body-timeout", "1s",
        "quarkus.http.idle-timeout", "5s",
        "quarkus.datasource.jdbc.foreground-validation-interval", "1S",
        "quarkus.datasource.jdbc.acquisition-timeout", "1S",
        "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2");
  }
}
