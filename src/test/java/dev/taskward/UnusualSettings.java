package dev.taskward;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Settings that do not disturb one another, for tests that share one start. */
public class UnusualSettings implements QuarkusTestProfile {

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of(
        "taskward.access-log", "true",
        "taskward.conceal-foreign-tasks", "true",
        "taskward.idempotency.max-keys", "3",
        "taskward.idempotency.lifetime", "1h",
        "taskward.idempotency.sweep-every", "1s",
        "taskward.trash.purge-interval", "1s",
        "taskward.trash.retention", "0",
        "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2");
  }
}
