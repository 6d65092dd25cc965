package dev.taskward;

import java.util.concurrent.Executor;

/** Threads for requests that run at the same time. */
public final class Threads {

  /** Starts a thread per task. The common pool has fewer threads than CPUs: one on two CPUs. */
  public static final Executor EACH = task -> new Thread(task).start();

  private Threads() {}
}
