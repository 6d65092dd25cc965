package dev.taskward.problem;

/** It exists, and is somebody else's: 403, or 404 where the deployment conceals that. */
public class ForeignResourceException extends RuntimeException {

  public static final String DETAIL = "What is asked for belongs to another user.";

  private final transient ProblemException concealed;

  /**
   * @param unknown what a caller is told about an id that nobody has
   */
  public ForeignResourceException(ProblemException unknown) {
    super(DETAIL);
    this.concealed = unknown;
  }

  ProblemException concealed() {
    return concealed;
  }
}
