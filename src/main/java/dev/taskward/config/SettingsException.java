package dev.taskward.config;

/** A setting is missing or wrong; the message is the one line that an operator needs. */
public class SettingsException extends RuntimeException {
  public SettingsException(String message) {
    super(message);
  }
}
