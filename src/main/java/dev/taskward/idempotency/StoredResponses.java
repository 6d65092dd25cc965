package dev.taskward.idempotency;

import dev.taskward.common.UserData;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.inject.Singleton;

/** The stored responses of a user. */
@Singleton
class StoredResponses implements UserData {

  @Override
  public String name() {
    return "stored responses";
  }

  @Override
  public long erase(String subject) {
    long all = 0;
    int erased;
    do {
      erased = QuarkusTransaction.requiringNew().call(StoredResponse::eraseSome);
      all += erased;
    } while (erased > 0);
    return all;
  }
}
