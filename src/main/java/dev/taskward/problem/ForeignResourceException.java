package dev.taskward.problem;

/** Another user owns the resource: 403, or 404 if the deployment conceals that. */
public class ForeignResourceException extends RuntimeException {

  private static final String DETAIL = "This resource belongs to another user.";

  private final transient ProblemException concealed;

  /**
   * @param unknown the problem for an id that does not exist
   */
  public ForeignResourceException(ProblemException unknown) {
    super(DETAIL);
    this.concealed = unknown;
  }

  public ProblemException concealed() {
    return concealed;
  }
}
