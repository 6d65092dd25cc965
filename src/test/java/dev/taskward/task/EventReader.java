package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.taskward.Tokens;
import dev.taskward.User;
import io.restassured.RestAssured;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of an event stream (WHATWG HTML, 9.2.6). */
class EventReader implements AutoCloseable {

  static final String CHANGES = User.TASKS + "/changes";

  /**
   * An event, or a comment.
   *
   * @param name null for a comment
   */
  record Event(String name, String id, String data, String comment, Integer retry) {

    JsonObject json() {
      return new JsonObject(data);
    }
  }

  private static final Event END = new Event("closed", null, null, null, null);

  final HttpResponse<InputStream> response;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  private EventReader(HttpResponse<InputStream> response) {
    this.response = response;
    if (response.statusCode() == 200) {
      Thread reader = new Thread(this::read, "events");
      reader.setDaemon(true);
      reader.start();
    }
  }

  /** Opens a stream of the service under test. */
  static EventReader of(User user, String query, String... headers) {
    return of(
        RestAssured.baseURI + ":" + RestAssured.port, Tokens.token(user.name()), query, headers);
  }

  static EventReader of(String service, String token, String query, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(service + CHANGES + query))
            .header("Accept", "text/event-stream")
            .header("Authorization", "Bearer " + token);
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      return new EventReader(
          HttpClient.newHttpClient()
              .send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      String name = null;
      String id = null;
      String data = null;
      String comment = null;
      Integer retry = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          events.add(new Event(name, id, data, comment, retry));
          name = id = data = comment = null;
          retry = null;
          continue;
        }
        String value = line.substring(line.indexOf(':') + 1).strip();
        switch (line.substring(0, line.indexOf(':'))) {
          case "" -> comment = value;
          case "event" -> name = value;
          case "id" -> id = value;
          case "data" -> data = value;
          case "retry" -> retry = Integer.valueOf(value);
          default -> throw new IllegalStateException(line);
        }
      }
    } catch (IOException disconnected) {
      // as at the end of the stream
    }
    events.add(END);
  }

  /** The next event, comments included. */
  Event next() {
    try {
      Event event = events.poll(30, TimeUnit.SECONDS);
      assertNotNull(event, "no event in time");
      return event;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next event with this name; there may be comments before it. */
  Event next(String name) {
    Event event = next();
    while (event.name() == null) {
      event = next();
    }
    assertEquals(name, event.name(), event.toString());
    return event;
  }

  /** The next task. */
  JsonObject nextTask() {
    return next("task").json();
  }

  /** Waits until the service has closed the stream. */
  void awaitClosed() {
    next("closed");
  }

  boolean hasEvents() {
    return !events.isEmpty();
  }

  @Override
  public void close() throws IOException {
    response.body().close();
  }
}
