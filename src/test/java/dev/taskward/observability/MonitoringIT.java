package dev.taskward.observability;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.util.Set;

/** Runs the same tests against the packaged application, jar or native. */
@QuarkusIntegrationTest
class MonitoringIT extends MonitoringContract {

  /** A JVM may have had no garbage collection yet. The native binary has no such metric. */
  @Override
  Set<String> maybeAbsent() {
    return Set.of("jvm_gc_pause_seconds_sum");
  }
}
