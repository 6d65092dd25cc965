package dev.taskward.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.problem.ProblemException;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jboss.resteasy.reactive.server.jaxrs.SseImpl;
import org.junit.jupiter.api.Test;

class ChangeStreamTest {

  static final String USER = "alice";

  final Deque<Uni<ChangePage>> pages = new ArrayDeque<>();
  long nanos;

  @Test
  void itBeginsWithACommentAndTheFirstPage() {
    AssertSubscriber<OutboundSseEvent> client = client(stream(page(true, 1, 2)), 100);

    List<OutboundSseEvent> events = client.getItems();
    assertEquals("", events.get(0).getComment());
    assertTrue(events.get(0).getReconnectDelay() >= 1_000, events.get(0).toString());
    assertTrue(events.get(0).getReconnectDelay() <= 5_000, events.get(0).toString());
    assertEquals(List.of("task", "task", "up-to-date"), names(events));
    assertEquals("task 1", events.get(1).getData());
    assertEquals(cursor(1).text(USER), events.get(1).getId());
    assertEquals(cursor(2).text(USER), events.get(3).getId());
  }

  @Test
  void itReadsPagesUntilItHasCaughtUp() {
    pages.add(Uni.createFrom().item(page(false, 2)));
    pages.add(Uni.createFrom().item(page(true, 3)));

    AssertSubscriber<OutboundSseEvent> client = client(stream(page(false, 1)), 100);

    assertEquals(List.of("task", "task", "task", "up-to-date"), names(client.getItems()));
  }

  @Test
  void aChangeIsReadOnceAndNothingIsSentWithoutOne() {
    ChangeStream stream = stream(page(true));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 100);
    pages.add(Uni.createFrom().item(page(true, 7)));
    pages.add(Uni.createFrom().item(new ChangePage(List.of(), cursor(7), true)));

    stream.changed();
    stream.changed();

    assertEquals(List.of("up-to-date", "task", "up-to-date"), names(client.getItems()));
    assertEquals(cursor(7), stream.position());
    assertTrue(pages.isEmpty());
  }

  @Test
  void theClientsDemandPullsTheEvents() {
    pages.add(Uni.createFrom().item(page(true, 3)));
    AssertSubscriber<OutboundSseEvent> client = client(stream(page(false, 1, 2)), 2);

    assertEquals(1, pages.size(), "no page is read before the client wants it");
    client.request(1);
    assertEquals(1, pages.size());
    client.request(1);
    assertEquals(0, pages.size());
    assertEquals(List.of("task", "task", "task"), names(client.getItems()));
  }

  @Test
  void aFailedReadIsRepeatedByTheNextTick() {
    ChangeStream stream = stream(page(true));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 100);
    pages.add(Uni.createFrom().failure(new IllegalStateException("no database")));
    pages.add(Uni.createFrom().item(page(true, 1)));

    stream.changed();
    assertEquals(List.of("up-to-date"), names(client.getItems()));
    stream.tick();

    assertEquals(List.of("up-to-date", "task", "up-to-date"), names(client.getItems()));
  }

  @Test
  void anUnknownPositionEndsTheStream() {
    ChangeStream stream = stream(page(true));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 100);
    pages.add(Uni.createFrom().failure(ProblemException.gone("cursor-gone", "")));

    stream.changed();

    assertEquals("{\"reason\":\"erased\"}", last(client).getData());
    client.assertCompleted();
  }

  @Test
  void theFirstReasonEndsTheStream() {
    ChangeStream stream = stream(page(true));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 100);

    stream.end(ChangeStream.End.TOKEN_EXPIRED);
    stream.end(ChangeStream.End.RESTART);

    assertEquals("end", last(client).getName());
    assertEquals("{\"reason\":\"token_expired\"}", last(client).getData());
    client.assertCompleted();
  }

  @Test
  void aCommentComesEvery15To25Seconds() {
    ChangeStream stream = stream(page(true));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 1_000);
    List<Long> seconds = new ArrayList<>();
    int before = client.getItems().size();

    for (long second = 1; second <= 600; second++) {
      nanos = Duration.ofSeconds(second).toNanos();
      assertFalse(stream.tick());
      if (client.getItems().size() > before) {
        assertEquals("", last(client).getComment());
        seconds.add(second);
        before = client.getItems().size();
      }
    }

    long last = 0;
    for (long second : seconds) {
      assertTrue(second - last >= 15 && second - last <= 26, seconds.toString());
      last = second;
    }
    assertTrue(600 - last <= 26, seconds.toString());
    assertTrue(seconds.stream().mapToLong(s -> s % 15).distinct().count() > 1, seconds.toString());
  }

  @Test
  void aClientThatTakesNothingIsEnded() {
    ChangeStream stream = stream(page(true, 1, 2));
    AssertSubscriber<OutboundSseEvent> client = client(stream, 2);

    nanos = ChangeStream.SLOW.toNanos();
    assertFalse(stream.tick());
    nanos = ChangeStream.SLOW.plusSeconds(1).toNanos();
    assertFalse(stream.tick());
    nanos = ChangeStream.SLOW.plus(ChangeStream.GRACE).plusSeconds(1).toNanos();
    assertTrue(stream.tick(), "its connection must be closed");

    client.request(100); // it wakes up after all
    assertEquals("{\"reason\":\"slow\"}", last(client).getData());
    client.assertCompleted();
  }

  @Test
  void aStreamThatNobodyFollowsIsAbandoned() {
    ChangeStream followed = stream(page(true));
    client(followed, 1);
    ChangeStream other = stream(page(true));

    nanos = Duration.ofSeconds(1).toNanos();
    assertFalse(other.isAbandoned());
    nanos = Duration.ofSeconds(3).toNanos();
    assertTrue(other.isAbandoned());
    assertFalse(followed.isAbandoned());
  }

  private ChangeStream stream(ChangePage first) {
    return new ChangeStream(
        QuarkusSecurityIdentity.builder().setPrincipal(new QuarkusPrincipal(USER)).build(),
        first,
        new SseImpl(),
        stream -> pages.remove(),
        task -> "task " + task.id(),
        () -> nanos);
  }

  private static AssertSubscriber<OutboundSseEvent> client(ChangeStream stream, long demand) {
    return stream.events().subscribe().withSubscriber(AssertSubscriber.create(demand));
  }

  /** A page with these changes, whose numbers are those of the tasks. */
  private static ChangePage page(boolean isLast, long... changes) {
    List<ChangePage.Change> all =
        LongStream.of(changes).mapToObj(n -> new ChangePage.Change(task(n), cursor(n))).toList();
    long end = changes.length == 0 ? 0 : changes[changes.length - 1];
    return new ChangePage(all, cursor(end), isLast);
  }

  private static ChangeCursor cursor(long seq) {
    return new ChangeCursor(1, seq, 0);
  }

  private static TaskRepresentation task(long id) {
    Instant now = Instant.EPOCH;
    return new TaskRepresentation(
        id, USER, "a", null, null, null, null, List.of(), null, Map.of(), false, null, false, null,
        now, now, null, 1);
  }

  private static OutboundSseEvent last(AssertSubscriber<OutboundSseEvent> client) {
    return client.getItems().get(client.getItems().size() - 1);
  }

  /** Without comments. */
  private static List<String> names(List<OutboundSseEvent> events) {
    return events.stream().map(OutboundSseEvent::getName).filter(name -> name != null).toList();
  }
}
