package dev.taskward.conditional;

/** A representation with a version, and so with an entity tag. */
public interface Versioned {

  /** Changes exactly when clients see a change. */
  long version();

  /** What a client gets that has another version. */
  default Object representation() {
    return this;
  }

  /** The version as a strong entity tag (RFC 9110, 8.8.3). */
  default String etag() {
    return "\"" + version() + "\"";
  }
}
