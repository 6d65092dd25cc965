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

/** The answer to a request of one user, kept for its repeats. */
@Entity
@Immutable
@Table(name = "idempotency_key")
class StoredResponse extends PanacheEntityBase {

  /** Far beyond the largest response of a request that changes something. */
  private static final int BODY_MAX_BYTES = 64 * 1024;

  @Id UUID id;

  @TenantId
  @PartitionKey
  @Column(name = "user_id", nullable = false)
  String userId;

  @Column(nullable = false)
  byte[] fingerprint;

  @Column(nullable = false)
  short status;

  /** As in HTTP: a line for each, name and value. */
  @Column(nullable = false, columnDefinition = "text")
  String headers;

  @Column(nullable = false)
  byte[] body;

  @Column(name = "created_at", nullable = false)
  Instant createdAt;

  /**
   * Keeps every other request with the same id out until the transaction ends; false if one is
   * under way, in any instance of the service. The lock is the transaction's, not the session's, so
   * that it holds behind a pooler, too. Two ids that share a lock are a false alarm that passes.
   */
  static boolean lock(KeyedRequest request) {
    return getEntityManager()
        .createQuery("select function('pg_try_advisory_xact_lock' as Boolean, :id)", Boolean.class)
        .setParameter("id", request.id().getMostSignificantBits())
        .getSingleResult();
  }

  /**
   * The answer that is kept for this request, or null. Only under the lock, and in a statement of
   * its own, which sees what the holder before committed. One that has expired is removed.
   */
  static StoredResponse find(KeyedRequest request, Duration lifetime) {
    StoredResponse kept = findById(request.id());
    if (kept == null || kept.createdAt.isAfter(Instant.now().minus(lifetime))) {
      return kept;
    }
    getEntityManager().detach(kept);
    delete("id", kept.id);
    return null;
  }

  /** Keeps an answer, and drops the oldest of the caller's beyond so many. */
  static void keep(KeyedRequest request, CapturedResponse answer, byte[] body, int max) {
    if (body.length > BODY_MAX_BYTES) {
      throw new IllegalStateException("an answer of " + body.length + " bytes can't be kept");
    }
    StoredResponse kept = new StoredResponse();
    kept.id = request.id();
    kept.fingerprint = request.fingerprint();
    kept.status = (short) answer.status();
    kept.headers = lines(answer.headers());
    kept.body = body;
    kept.createdAt = Instant.now();
    kept.persistAndFlush();
    List<UUID> beyond = lockBeyond(max);
    if (!beyond.isEmpty()) {
      delete("id in ?1", beyond);
    }
  }

  /**
   * All but the caller's newest. Those that another request of his is just dropping are left to it:
   * two that wait for each other's would be a deadlock.
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

  boolean answers(KeyedRequest request) {
    return Arrays.equals(fingerprint, request.fingerprint());
  }

  private static String lines(Map<String, List<String>> headers) {
    return headers.entrySet().stream()
        .flatMap(header -> header.getValue().stream().map(v -> header.getKey() + ": " + v))
        .collect(Collectors.joining("\n"));
  }
}
