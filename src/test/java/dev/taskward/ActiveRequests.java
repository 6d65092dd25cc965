package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;

/** The requests that a service in this process has under way. */
public final class ActiveRequests {

  /** Waits until there are exactly so many. */
  public static void await(MeterRegistry registry, int requests) {
    long start = System.nanoTime();
    while (registry.get("http.server.active.requests").gauge().value() != requests) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), requests + " active");
      Thread.onSpinWait();
    }
  }

  private ActiveRequests() {}
}
