package dev.taskward;

import static org.jboss.logging.Logger.Level.DEBUG;
import static org.jboss.logging.Logger.Level.ERROR;

import dev.taskward.config.EnvironmentCheck;
import dev.taskward.config.SettingsException;
import dev.taskward.protocol.ConnectionHandlers;
import dev.taskward.protocol.RequestFraming;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.ConfigValidationException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.TimeZone;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.jboss.logging.Logger;

/** Starts the service. A failed startup prints one line, or logs a stack trace. */
@QuarkusMain
public final class Taskward {

  public static void main(String... args) {
    // Otherwise Hibernate logs INFO lines before the one line of a failed startup.
    java.util.logging.Logger.getLogger("org.hibernate").setLevel(Level.WARNING);
    // The driver sends the JVM's time zone to the server, which may not know it.
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    ConnectionHandlers.enable();
    RequestFraming.checkUris();
    try {
      EnvironmentCheck.check(System.getenv());
      EraseUser.check(System.getenv());
    } catch (SettingsException e) {
      exit(1, e);
      return;
    }
    boolean erases = EraseUser.isMeant(System.getenv());
    Quarkus.run(erases ? EraseUser.class : null, Taskward::exit, args);
  }

  private static void exit(int code, Throwable failure) {
    Optional<String> reason =
        failure == null
            ? Optional.empty()
            : reason(failure).or(() -> EnvironmentCheck.suspects(failure, System.getenv()));
    reason.ifPresent(System.err::println);
    if (failure != null) {
      Logger.getLogger(Taskward.class)
          .log(reason.isEmpty() ? ERROR : DEBUG, "Startup failed", failure);
    }
    ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(code, failure);
  }

  private static Optional<String> reason(Throwable failure) {
    return all(failure).map(Taskward::line).flatMap(Optional::stream).findFirst();
  }

  /** The line for an operator; empty if one line is not enough. */
  static Optional<String> line(Throwable failure) {
    if (failure instanceof SettingsException) {
      return Optional.of(failure.getMessage());
    }
    if (failure instanceof ConfigValidationException e) {
      return Optional.of(SettingsException.line(e))
          .filter(line -> line.contains("_")); // names a variable
    }
    if (failure instanceof QuarkusBindException e) {
      return Optional.of(
          "Port %d on %s can't be opened. Stop the process that uses it, or set QUARKUS_HTTP_PORT."
              .formatted(e.getPort(), e.getHost()));
    }
    if (failure instanceof IllegalStateException
        && failure.getCause() instanceof BindException e
        && !(e instanceof QuarkusBindException)) {
      // the management port
      return Optional.of(
          "%s: %s. Stop the process that uses it, or set QUARKUS_MANAGEMENT_PORT."
              .formatted(failure.getMessage(), e.getMessage()));
    }
    if (failure instanceof FlywayValidateException) {
      return Optional.of(
          failure
              .getMessage()
              .lines()
              .filter(line -> line.matches("(Detected|Migration) .*"))
              .collect(
                  Collectors.joining(
                      " ", "The database schema does not match this version: ", "")));
    }
    if (failure instanceof SQLException) {
      String why =
          failure.getCause() instanceof UnknownHostException e
              ? "unknown host " + e.getMessage()
              : failure.getMessage().lines().findFirst().orElse("");
      return Optional.of("The database can't be used: " + why);
    }
    return Optional.empty();
  }

  private static Stream<Throwable> all(Throwable failure) {
    if (failure == null) {
      return Stream.empty();
    }
    return Stream.of(
            Stream.of(failure),
            all(failure.getCause()),
            Arrays.stream(failure.getSuppressed()).flatMap(Taskward::all))
        .flatMap(stream -> stream);
  }
}
