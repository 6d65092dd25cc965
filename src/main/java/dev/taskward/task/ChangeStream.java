package dev.taskward.task;

import dev.taskward.problem.ProblemException;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * One client that follows the changes of a user by Server-Sent Events. The client's demand pulls
 * the events, so at most one page waits in memory.
 */
final class ChangeStream {

  /** Why the service ends a stream. */
  enum End {
    TOKEN_EXPIRED,
    RESTART,
    /** The client takes the events too slowly. */
    SLOW,
    /** The changes after the client's position are unknown. */
    ERASED
  }

  /** Tasks that are read at once. */
  static final int PAGE = 100;

  /** A client must take a page in this time. */
  static final Duration SLOW = Duration.ofSeconds(30);

  /** After this more time the connection of a slow client is closed. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** After this time nobody follows the stream any more. */
  private static final Duration UNFOLLOWED = Duration.ofSeconds(2);

  private static final Duration HEARTBEAT_MIN = Duration.ofSeconds(15);
  private static final Duration HEARTBEAT_MAX = Duration.ofSeconds(25);
  private static final int RETRY_MIN_MILLIS = 1_000;
  private static final int RETRY_MAX_MILLIS = 5_000;

  private final SecurityIdentity user;
  private final Sse sse;
  private final Function<ChangeStream, Uni<ChangePage>> reader;
  private final Function<TaskRepresentation, String> json;
  private final LongSupplier nanoTime;
  private final long openedAt;

  private ChangeCursor position;

  /** A page that was read, but not sent. */
  private ChangePage page;

  private boolean followed;
  private boolean changed;
  private boolean failed;
  private boolean heartbeat;
  private boolean caughtUp;
  private End end;
  private boolean ended;

  /** Waits for one of the flags; null while the client takes events. */
  private UniEmitter<? super Void> waiting;

  private long nextHeartbeat;

  /** When the client began to take the last page; null if it has taken all. */
  private Long sentAt;

  /**
   * @param first the first page
   * @param reader reads the page after the position
   * @param json writes a task
   */
  ChangeStream(
      SecurityIdentity user,
      ChangePage first,
      Sse sse,
      Function<ChangeStream, Uni<ChangePage>> reader,
      Function<TaskRepresentation, String> json,
      LongSupplier nanoTime) {
    this.user = user;
    this.sse = sse;
    this.page = first;
    this.position = first.end();
    this.reader = reader;
    this.json = json;
    this.nanoTime = nanoTime;
    this.openedAt = nanoTime.getAsLong();
    this.nextHeartbeat = nanoTime.getAsLong() + jitter();
  }

  SecurityIdentity user() {
    return user;
  }

  synchronized ChangeCursor position() {
    return position;
  }

  Multi<OutboundSseEvent> events() {
    int retry = ThreadLocalRandom.current().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS + 1);
    OutboundSseEvent opening = comment().reconnectDelay(retry).build();
    Multi<OutboundSseEvent> rest =
        Multi.createBy().repeating().uni(this::next).until(List::isEmpty).onItem().disjoint();
    return Multi.createBy()
        .concatenating()
        .streams(Multi.createFrom().item(opening), rest)
        .onSubscription()
        .invoke(this::setFollowed);
  }

  private synchronized void setFollowed() {
    followed = true;
  }

  /** Whether the client disconnected before the events were subscribed to. */
  synchronized boolean isAbandoned() {
    return !followed && nanoTime.getAsLong() - openedAt > UNFOLLOWED.toNanos();
  }

  /** The user may have changed a task. */
  void changed() {
    signal(() -> changed = true);
  }

  void end(End reason) {
    signal(() -> end = end == null ? reason : end);
  }

  /** Acts on the time that passed, once a second. Returns whether the connection must be closed. */
  boolean tick() {
    long now = nanoTime.getAsLong();
    boolean isStuck;
    synchronized (this) {
      isStuck = sentAt != null && now - sentAt > SLOW.plus(GRACE).toNanos();
      if (sentAt != null && now - sentAt > SLOW.toNanos()) {
        end = end == null ? End.SLOW : end; // the client may take this event yet
      }
    }
    signal(
        () -> {
          changed |= failed;
          failed = false;
          if (now - nextHeartbeat >= 0) {
            heartbeat = true;
            nextHeartbeat = now + jitter();
          }
        });
    return isStuck;
  }

  private static long jitter() {
    return ThreadLocalRandom.current().nextLong(HEARTBEAT_MIN.toNanos(), HEARTBEAT_MAX.toNanos());
  }

  private void signal(Runnable flag) {
    UniEmitter<? super Void> ready = null;
    synchronized (this) {
      flag.run();
      if (hasWork()) {
        ready = waiting;
        waiting = null;
      }
    }
    if (ready != null) {
      ready.complete(null);
    }
  }

  private boolean hasWork() {
    return end != null || page != null || changed || heartbeat;
  }

  /** The next events, as soon as there are any; none at the end of the stream. */
  private Uni<List<OutboundSseEvent>> next() {
    return Uni.createFrom().<Void>emitter(this::await).chain(this::work);
  }

  private void await(UniEmitter<? super Void> emitter) {
    boolean ready;
    synchronized (this) {
      sentAt = null;
      ready = hasWork();
      waiting = ready ? null : emitter;
    }
    if (ready) {
      emitter.complete(null);
    }
  }

  private Uni<List<OutboundSseEvent>> work() {
    synchronized (this) {
      if (ended) {
        return Uni.createFrom().item(List.of());
      }
      if (end != null) {
        ended = true;
        String reason = end.name().toLowerCase(Locale.ROOT);
        return emit(List.of(event("end", "{\"reason\":\"" + reason + "\"}").build()));
      }
      if (page != null) {
        ChangePage read = page;
        page = null;
        return send(read);
      }
      if (!changed) {
        heartbeat = false;
        return emit(List.of(comment().build()));
      }
      changed = false;
    }
    return reader.apply(this).onItemOrFailure().transformToUni(this::received);
  }

  private Uni<List<OutboundSseEvent>> received(ChangePage read, Throwable failure) {
    synchronized (this) {
      if (failure instanceof ProblemException) {
        end = End.ERASED;
      } else if (failure != null) {
        failed = true; // the next tick tries again
      } else {
        return send(read);
      }
    }
    return next();
  }

  private Uni<List<OutboundSseEvent>> send(ChangePage read) {
    position = read.end();
    changed |= !read.isLast();
    String subject = user.getPrincipal().getName();
    List<OutboundSseEvent> events = new ArrayList<>();
    for (ChangePage.Change change : read.changes()) {
      events.add(
          event("task", json.apply(change.task())).id(change.cursor().text(subject)).build());
    }
    if (read.isLast() && !(caughtUp && events.isEmpty())) {
      caughtUp = true;
      events.add(event("up-to-date", "{}").id(read.end().text(subject)).build());
    }
    if (events.isEmpty()) {
      return next();
    }
    return emit(events);
  }

  private Uni<List<OutboundSseEvent>> emit(List<OutboundSseEvent> events) {
    sentAt = nanoTime.getAsLong();
    return Uni.createFrom().item(events);
  }

  private OutboundSseEvent.Builder event(String name, String data) {
    return sse.newEventBuilder().name(name).data(data);
  }

  private OutboundSseEvent.Builder comment() {
    return sse.newEventBuilder().comment("");
  }
}
