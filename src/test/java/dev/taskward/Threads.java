package dev.taskward;

import java.util.concurrent.Executor;

/** For what is to happen at the same time. */
public final class Threads {

  /**
   * A thread for each: those of the JVM's own pool are fewer than CPUs, on two CPUs a single one.
   */
  public static final Executor EACH = task -> new Thread(task).start();

  private Threads() {}
}
