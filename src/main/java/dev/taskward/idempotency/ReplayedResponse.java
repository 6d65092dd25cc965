package dev.taskward.idempotency;

import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Leaves a resource's method, whatever it returns, with an answer that was kept: status, headers
 * and body as the first request got them.
 */
public final class ReplayedResponse extends RuntimeException {

  public static final String HEADER = "Idempotency-Replayed";

  private final transient StoredResponse kept;

  public ReplayedResponse(StoredResponse kept) {
    super(null, null, false, false);
    this.kept = kept;
  }

  static final class Mapper {

    @ServerExceptionMapper
    Response answer(ReplayedResponse replay) {
      StoredResponse kept = replay.kept;
      Response.ResponseBuilder response = Response.status(kept.status).header(HEADER, "true");
      kept.headers
          .lines()
          .map(line -> line.split(": ", 2))
          .forEach(header -> response.header(header[0], header[1]));
      return kept.body.length == 0 ? response.build() : response.entity(kept.body).build();
    }
  }
}
