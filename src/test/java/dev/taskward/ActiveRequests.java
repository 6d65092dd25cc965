package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;

/** The number of requests that the service in this JVM is processing. */
public final class ActiveRequests {

  /** Waits until it is exactly this number, for at most 20 s. */
  public static void await(MeterRegistry registry, int requests) {
    long start = System.nanoTime();
    while (registry.get("http.server.active.requests").gauge().value() != requests) {
      assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(20), requests + " active");
      Thread.onSpinWait();
    }
  }

  private ActiveRequests() {}
}
