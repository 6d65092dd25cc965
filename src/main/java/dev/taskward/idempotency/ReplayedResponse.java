package dev.taskward.idempotency;

import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Ends a method of any return type with status, headers and body of a stored response. */
final class ReplayedResponse extends RuntimeException {

  public static final String HEADER = "Idempotency-Replayed";

  private final transient StoredResponse stored;

  public ReplayedResponse(StoredResponse stored) {
    super(null, null, false, false);
    this.stored = stored;
  }

  byte[] body() {
    return stored.body;
  }

  static final class Mapper {

    @ServerExceptionMapper
    Response map(ReplayedResponse replay) {
      StoredResponse stored = replay.stored;
      Response.ResponseBuilder response = Response.status(stored.status).header(HEADER, "true");
      stored
          .headers
          .lines()
          .map(line -> line.split(": ", 2))
          .forEach(header -> response.header(header[0], header[1]));
      return stored.body.length == 0 ? response.build() : response.entity(stored.body).build();
    }
  }
}
