package dev.taskward.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.taskward.PostgresProxy;
import dev.taskward.TestDatabase;
import dev.taskward.task.Task;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.context.control.ActivateRequestContext;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Without a user no statement on tasks reaches the database. */
@QuarkusTest
class CurrentUserTest {

  @Inject @PersistenceUnitExtension CurrentUser user;

  final PostgresProxy wire = TestDatabase.proxy();

  @Test
  @ActivateRequestContext
  void aRequestWithoutATokenHasNoSubject() {
    assertThrows(RuntimeException.class, user::subject);
  }

  @Test
  void thereIsNoDefaultTenant() {
    assertThrows(IllegalStateException.class, user::getDefaultTenantId);
  }

  @Test
  void noQueryRunsWithoutAUser() {
    List<Executable> queries =
        List.of(
            () -> Task.findById(1L),
            () -> Task.listAll(),
            () -> Task.count(),
            () -> Task.delete("title", "x"),
            () -> Task.update("completed = true"),
            CurrentUserTest::persist);
    wire.reset();

    for (Executable query : queries) {
      assertThrows(
          RuntimeException.class, () -> QuarkusTransaction.requiringNew().call(() -> run(query)));
    }

    assertEquals(
        List.of(),
        wire.statements().stream().filter(sql -> sql.matches("(?i).*\\btask\\b.*")).toList());
  }

  private static void persist() {
    Task task = new Task();
    task.id = 1L;
    task.title = "x";
    task.createdAt = task.updatedAt = Instant.EPOCH;
    task.persistAndFlush();
  }

  private static Object run(Executable query) {
    try {
      query.execute();
      return null;
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
