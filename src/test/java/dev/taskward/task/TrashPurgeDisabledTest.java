package dev.taskward.task;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.nullValue;

import dev.taskward.TestDatabase;
import dev.taskward.UnusualSettings;
import dev.taskward.User;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.junit.jupiter.api.Test;

/**
 * With a retention of 0, deleted tasks are kept. This includes tasks deleted under another
 * retention.
 */
@QuarkusTest
@TestProfile(UnusualSettings.class)
class TrashPurgeDisabledTest {

  final User alice = User.fresh();

  @Test
  void deletedTasksAreKeptForever() throws Exception {
    long id = alice.has("Buy milk");
    alice.delete(id);
    alice.list("?deleted=true").body("purge_at", contains(nullValue()));

    TestDatabase.execute("update task set purge_at = now() where id = " + id);
    Thread.sleep(2500); // two purge intervals

    alice.list("?deleted=true").body("title", contains("Buy milk"));
    alice.request().post(User.TASKS + "/{id}/restore", id).then().statusCode(200);
  }
}
