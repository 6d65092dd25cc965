package dev.taskward.common;

/**
 * What the database has about each user, in one kind of rows. A package that stores some
 * contributes it as a bean, so that an erasure removes it, too.
 */
public interface UserData {

  /** What the rows are, for the log. */
  String name();

  /**
   * Removes the rows of a user for good, in bounded statements, each in a transaction of its own.
   *
   * @param subject the current user
   * @return how many rows it removed
   */
  long erase(String subject);
}
