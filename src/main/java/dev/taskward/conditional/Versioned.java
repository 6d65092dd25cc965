package dev.taskward.conditional;

/** What has a version, and so an entity tag. */
public interface Versioned {

  /** Changes with every change of what clients see and with nothing else. */
  long version();

  /** The version as a strong entity tag (RFC 9110, 8.8.3). */
  default String etag() {
    return "\"" + version() + "\"";
  }
}
