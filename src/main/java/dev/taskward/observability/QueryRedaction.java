package dev.taskward.observability;

import dev.taskward.common.QueryString;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Removes the request's query, which may hold users' text, from a failure before it is logged.
 * Class names, stack traces and messages without parts of the query stay.
 */
public final class QueryRedaction {

  /** Replaces a failure whose messages, or its causes' messages, quote the query. */
  private static final class Redacted extends Exception {

    Redacted(Throwable failure, Set<String> secrets) {
      super(text(failure, secrets), copy(failure.getCause(), secrets), true, true);
      setStackTrace(failure.getStackTrace());
      for (Throwable suppressed : failure.getSuppressed()) {
        addSuppressed(copy(suppressed, secrets));
      }
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /** Returns the failure itself if it quotes nothing of the query. */
  public static Throwable of(Throwable failure, RoutingContext request) {
    String query = request.request().query();
    if (query == null) {
      return failure;
    }
    Set<String> secrets =
        Stream.concat(Stream.of(query), decoded(query))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.toSet());
    return quotes(failure, secrets) ? new Redacted(failure, secrets) : failure;
  }

  /** The decoded query as a whole, and each value. */
  private static Stream<String> decoded(String query) {
    try {
      return Stream.concat(
          Stream.of(QueryStringDecoder.decodeComponent(query, StandardCharsets.UTF_8)),
          QueryString.decode(query).values().stream().flatMap(List::stream));
    } catch (IllegalArgumentException malformed) { // nothing decodes it
      return Stream.empty();
    }
  }

  private static boolean quotes(Throwable failure, Set<String> secrets) {
    return failure != null
        && (isQuote(failure.getMessage(), secrets)
            || quotes(failure.getCause(), secrets)
            || Stream.of(failure.getSuppressed()).anyMatch(other -> quotes(other, secrets)));
  }

  private static boolean isQuote(String message, Set<String> secrets) {
    return message != null && secrets.stream().anyMatch(message::contains);
  }

  private static Throwable copy(Throwable failure, Set<String> secrets) {
    return failure == null ? null : new Redacted(failure, secrets);
  }

  private static String text(Throwable failure, Set<String> secrets) {
    String name = failure.getClass().getName();
    String message = failure.getMessage();
    return message == null
        ? name
        : name + ": " + (isQuote(message, secrets) ? "REDACTED" : message);
  }

  private QueryRedaction() {}
}
