package dev.taskward.task;

import dev.taskward.common.UserData;
import dev.taskward.problem.ProblemException;
import jakarta.inject.Singleton;

/** The tasks of a user, and their counter. */
@Singleton
class TaskData implements UserData {

  /** While other requests create tasks. */
  private static final int ATTEMPTS = 10;

  @Override
  public String name() {
    return "tasks";
  }

  /**
   * @throws ProblemException (409) if other requests of the user keep creating tasks
   */
  @Override
  public long erase(String subject) {
    long erased = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      erased += Task.eraseAll();
      if (Task.eraseCounter()) {
        return erased;
      }
    }
    throw ProblemException.conflict("Other requests are creating tasks of this user.");
  }
}
