package dev.taskward.auth;

import dev.taskward.common.UserData;
import io.quarkus.arc.All;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Erases everything that the database has about the current user. Each statement is bounded, so an
 * erasure that fails may have erased a part. It can be repeated.
 */
@ApplicationScoped
public class Erasure {

  private final CurrentUser user;
  private final List<UserData> data;

  Erasure(@PersistenceUnitExtension CurrentUser user, @All List<UserData> data) {
    this.user = user;
    this.data = data;
  }

  /** Returns what it erased, for the log. */
  public String erase() {
    String subject = user.subject();
    return data.stream()
        .map(rows -> rows.erase(subject) + " " + rows.name())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
