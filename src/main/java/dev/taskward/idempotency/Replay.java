package dev.taskward.idempotency;

import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Leaves a resource's method, whatever it returns, with an answer that was kept: status, headers
 * and body as the first request got them.
 */
final class Replay extends RuntimeException {

  static final String HEADER = "Idempotency-Replayed";

  private final transient KeptAnswer kept;

  Replay(KeptAnswer kept) {
    super(null, null, false, false);
    this.kept = kept;
  }

  static final class Mapper {

    @ServerExceptionMapper
    Response answer(Replay replay) {
      KeptAnswer kept = replay.kept;
      Response.ResponseBuilder response = Response.status(kept.status).header(HEADER, "true");
      kept.headers
          .lines()
          .map(line -> line.split(": ", 2))
          .forEach(header -> response.header(header[0], header[1]));
      return kept.body.length == 0 ? response.build() : response.entity(kept.body).build();
    }
  }
}
