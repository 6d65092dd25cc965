package dev.taskward;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/**
 * Settings that several test classes share, so that the service starts once for all of them. They
 * do not affect one another.
 */
public class UnusualSettings implements QuarkusTestProfile {

  /** Requests that wait for a thread, and bodies in transfer. */
  public static final int QUEUE = 4;

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.ofEntries(
        Map.entry("quarkus.thread-pool.queue-size", Integer.toString(QUEUE)),
        Map.entry("taskward.rate-limit.enabled", "true"),
        Map.entry("taskward.rate-limit.store", "postgresql"),
        Map.entry("taskward.access-log", "true"),
        Map.entry("taskward.conceal-foreign-tasks", "true"),
        Map.entry("taskward.idempotency.max-keys", "3"),
        Map.entry("taskward.idempotency.lifetime", "1h"),
        Map.entry("taskward.idempotency.sweep-every", "1s"),
        Map.entry("taskward.trash.purge-interval", "1s"),
        Map.entry("taskward.trash.retention", "0"),
        Map.entry("quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", "2"));
  }
}
