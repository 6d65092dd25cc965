package dev.taskward.observability;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.util.Set;

/** The same against the packaged application, jar or native. */
@QuarkusIntegrationTest
class MonitoringIT extends MonitoringTest {

  /** A jar may have had no collection yet, and a binary tells of none. */
  @Override
  Set<String> unsure() {
    return Set.of("jvm_gc_pause_seconds_sum");
  }
}
