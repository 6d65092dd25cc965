package dev.taskward.admission;

import static java.util.concurrent.CompletableFuture.supplyAsync;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.taskward.ServiceLog;
import dev.taskward.TestDatabase;
import dev.taskward.Threads;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No more are let in than the thread pool takes, however few may wait. */
@QuarkusTest
@TestProfile(SmallQueueTest.Few.class)
class SmallQueueTest {

  private static final int THREADS = 4;
  private static final int QUEUE = 3;

  public static class Few implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.thread-pool.max-threads", Integer.toString(THREADS),
          "quarkus.thread-pool.queue-size", Integer.toString(QUEUE));
    }
  }

  final User alice = User.fresh();

  @Test
  void whoIsRefusedHasNoLineOfHisOwn() throws Exception {
    long id = alice.has("Buy milk");
    List<CompletableFuture<Integer>> flips;
    try (ServiceLog log = new ServiceLog();
        Connection other = TestDatabase.heldTask(id)) {
      flips =
          Stream.generate(
                  () -> supplyAsync(() -> alice.flip(id).extract().statusCode(), Threads.EACH))
              .limit(30)
              .toList();
      TestDatabase.awaitWaiter(other);
      Thread.sleep(1_000);
      other.rollback();
      flips.forEach(CompletableFuture::join);
      assertEquals(
          List.of(),
          log.lines().stream()
              .map(line -> line.getFormattedMessage())
              .filter(line -> line.contains("PATCH"))
              .toList());
    }
    int done = (int) flips.stream().filter(status -> status.join() == 200).count();
    // Those that were let in, and of those that waited who was not refused for it.
    assertTrue(done >= THREADS + QUEUE && done <= THREADS + 2 * QUEUE, done + " done");
    alice.get(id).body("version", equalTo(1 + done));
  }
}
