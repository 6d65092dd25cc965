package dev.taskward.task;

import io.quarkus.arc.Arc;
import io.quarkus.arc.ManagedContext;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Reads pages for streamed responses, as their user. The few threads leave connections of the pool
 * to requests.
 */
@ApplicationScoped
class UserReads {

  private static final int THREADS = 2;

  private final CurrentIdentityAssociation association;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "page-reader"));

  UserReads(CurrentIdentityAssociation association) {
    this.association = association;
  }

  /** The user of the current request. */
  SecurityIdentity user() {
    return association.getIdentity();
  }

  <T> Uni<T> read(SecurityIdentity user, Supplier<T> page) {
    return Uni.createFrom().item(() -> readAs(user, page)).runSubscriptionOn(threads);
  }

  private <T> T readAs(SecurityIdentity user, Supplier<T> page) {
    ManagedContext context = Arc.container().requestContext();
    context.activate();
    try {
      association.setIdentity(user);
      return page.get();
    } finally {
      context.terminate();
    }
  }

  void stop(@Observes ShutdownEvent stopping) {
    threads.shutdown();
  }
}
