package dev.taskward.idempotency;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hibernate.Timeouts;
import org.hibernate.annotations.Immutable;
import org.hibernate.annotations.PartitionKey;
import org.hibernate.annotations.TenantId;
import org.hibernate.jpa.SpecHints;

/** The response to a user's request, stored for its repeats. */
@Entity
@Immutable
@Table(name = "idempotency_key")
class StoredResponse extends PanacheEntityBase {

  /** Far above the largest response to a change. */
  private static final int BODY_MAX_BYTES = 96 * 1024;

  private static final int ERASURE_BATCH = 1_000;

  @Id UUID id;

  @TenantId
  @PartitionKey
  @Column(name = "user_id", nullable = false)
  String userId;

  @Column(nullable = false)
  byte[] fingerprint;

  @Column(nullable = false)
  short status;

  /** One line for each header, as in HTTP. */
  @Column(nullable = false, columnDefinition = "text")
  String headers;

  @Column(nullable = false)
  byte[] body;

  @Column(name = "created_at", nullable = false)
  Instant createdAt;

  /**
   * Locks the id of the request in all instances until the transaction ends; false if another
   * request holds it. Unlike a lock of the session, it works behind a pooler. Two ids may share a
   * lock; the 409 that this causes passes.
   */
  static boolean lock(KeyedRequest request) {
    return getEntityManager()
        .createQuery("select function('pg_try_advisory_xact_lock' as Boolean, :id)", Boolean.class)
        .setParameter("id", request.id().getMostSignificantBits())
        .getSingleResult();
  }

  /**
   * The stored response, or null; deletes an expired one. It needs the lock. Its own statement sees
   * what the previous holder committed.
   */
  static StoredResponse find(KeyedRequest request, Duration lifetime) {
    StoredResponse stored = findById(request.id());
    if (stored == null || stored.createdAt.isAfter(Instant.now().minus(lifetime))) {
      return stored;
    }
    getEntityManager().detach(stored);
    delete("id", stored.id);
    return null;
  }

  /** Stores a response and deletes the user's oldest beyond {@code max}. */
  static void store(KeyedRequest request, CapturedResponse response, byte[] body, int max) {
    if (body.length > BODY_MAX_BYTES) {
      throw new IllegalStateException("a response of " + body.length + " bytes can't be stored");
    }
    StoredResponse stored = new StoredResponse();
    stored.id = request.id();
    stored.fingerprint = request.fingerprint();
    stored.status = (short) response.status();
    stored.headers = lines(response.headers());
    stored.body = body;
    stored.createdAt = Instant.now();
    stored.persistAndFlush();
    List<UUID> beyond = lockBeyond(max);
    if (!beyond.isEmpty()) {
      delete("id in ?1", beyond);
    }
  }

  /**
   * Locks all but the user's newest. It skips rows that another request is deleting: two requests
   * that wait for each other would deadlock.
   */
  private static List<UUID> lockBeyond(int max) {
    return getEntityManager()
        .createQuery(
            "select id from StoredResponse where createdAt < (select k.createdAt from StoredResponse k"
                + " order by k.createdAt desc offset :others rows fetch first 1 row only)",
            UUID.class)
        .setParameter("others", max - 1)
        .setLockMode(LockModeType.PESSIMISTIC_WRITE)
        .setHint(SpecHints.HINT_SPEC_LOCK_TIMEOUT, Timeouts.SKIP_LOCKED_MILLI)
        .getResultList();
  }

  /** Removes some of the user's stored responses, and returns how many. */
  static int eraseSome() {
    List<UUID> some =
        getEntityManager()
            .createQuery("select id from StoredResponse order by id", UUID.class)
            .setMaxResults(ERASURE_BATCH)
            .setLockMode(LockModeType.PESSIMISTIC_WRITE)
            .getResultList();
    return some.isEmpty() ? 0 : (int) delete("id in ?1", some);
  }

  boolean matches(KeyedRequest request) {
    return Arrays.equals(fingerprint, request.fingerprint());
  }

  private static String lines(Map<String, List<String>> headers) {
    return headers.entrySet().stream()
        .flatMap(header -> header.getValue().stream().map(v -> header.getKey() + ": " + v))
        .collect(Collectors.joining("\n"));
  }
}
