package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.PackagedApplication;
import dev.taskward.Tokens;
import dev.taskward.User;
import io.restassured.RestAssured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A client that opens a stream and reads nothing. The test waits for 40 s, beside others. */
@Tag("system")
@Execution(ExecutionMode.CONCURRENT)
class SlowReaderIT {

  private static final User ALICE = User.fresh();

  /** Far more than the buffers of the connection hold. */
  private static final String TASKS =
      """
      insert into task (id, user_id, title, description, completed, deleted, created_at, updated_at,
        search, title_key)
      select nextval('task_id_seq'), '%s', 'a', repeat('x', 500), false, false, now(), now(), 'a', 'a'
      from generate_series(1, 1000)
      """;

  @Test
  void itsConnectionIsClosed() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        PackagedApplication.Running service =
            new PackagedApplication.Running(
                Map.of(
                    "DATABASE_URL",
                    "postgresql://postgres@localhost:" + postgres.getPort() + "/postgres",
                    "BETTER_AUTH_SECRET",
                    Tokens.SECRET));
        Socket socket = new Socket()) {
      URI url = URI.create(service.url(EventReader.CHANGES));
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress("localhost", url.getPort()));
      socket
          .getOutputStream()
          .write(
              """
              GET %s HTTP/1.1\r
              Host: localhost\r
              Accept: text/event-stream\r
              Authorization: Bearer %s\r
              \r
              """
                  .formatted(url.getPath(), Tokens.token(ALICE.name()))
                  .getBytes(StandardCharsets.US_ASCII));
      await(service, 1);
      try (Connection connection = postgres.getPostgresDatabase().getConnection();
          Statement sql = connection.createStatement()) {
        for (int i = 0; i < 20; i++) { // one transaction for all would take long
          sql.execute(TASKS.formatted(ALICE.name()));
        }
      }
      Instant start = Instant.now();

      await(service, 0);

      Duration duration = Duration.between(start, Instant.now());
      assertTrue(duration.toSeconds() >= 25, duration.toString());
      ALICE.authorized().get(service.url(User.TASKS)).then().statusCode(200);
    }
  }

  private static void await(PackagedApplication.Running service, int streams) throws Exception {
    Instant end = Instant.now().plusSeconds(90);
    String line = "\ntaskward_streams " + streams + ".0\n";
    while (!RestAssured.get(service.managementUrl("/q/metrics")).asString().contains(line)) {
      assertTrue(Instant.now().isBefore(end), "there are not " + streams + " streams");
      Thread.sleep(200);
    }
  }
}
