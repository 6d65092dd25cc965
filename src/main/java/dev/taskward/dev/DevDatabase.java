package dev.taskward.dev;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Runs a real PostgreSQL for developers who have none, with its data in a folder. The JVM that
 * starts it also stops it. After a live reload, and in other JVMs, the running one is used.
 */
final class DevDatabase {

  /** An ordinary role, as in production: a superuser would bypass row-level security. */
  static final String ROLE = "taskward";

  /** Creates the role and gives it data of older versions, which the superuser owned. */
  private static final String OWNERSHIP =
      """
      do $$
      declare
          name regclass;
      begin
          if not exists (select from pg_roles where rolname = 'taskward') then
              create role taskward login;
              alter database postgres owner to taskward;
          end if;
          for name in
              select oid from pg_class
              where relnamespace = 'public'::regnamespace and relkind = 'r'
                 or oid = to_regclass('task_id_seq')
          loop
              execute format('alter table %s owner to taskward', name);
          end loop;
      end $$
      """;

  /** A system property: like the server, it outlives the class loader of a live reload. */
  private static final String STARTED_HERE = "dev.taskward.database";

  /** A field, because the log manager forgets the level of an unreferenced logger. */
  private static final Logger LIBRARY_LOG = Logger.getLogger("io.zonky.test");

  /**
   * @return the JDBC URL of the server on this folder, which is started if it does not run
   */
  static String url(Path folder) {
    String url = System.getProperty(STARTED_HERE);
    if (url == null) {
      url = "jdbc:postgresql://localhost:" + port(folder) + "/postgres";
      createRole(url);
      System.setProperty(STARTED_HERE, url);
    }
    return url;
  }

  private static void createRole(String url) {
    PGSimpleDataSource superuser = new PGSimpleDataSource();
    superuser.setUrl(url);
    superuser.setUser("postgres");
    try (Connection connection = superuser.getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(OWNERSHIP);
    } catch (SQLException e) {
      throw new IllegalStateException("The embedded PostgreSQL has no role for the service.", e);
    }
  }

  private static int port(Path folder) {
    // The library logs before Quarkus has read the levels from its configuration.
    LIBRARY_LOG.setLevel(Level.WARNING);
    try {
      // Written by the postmaster: process id, data directory, start time, port, …
      Path pidFile = folder.resolve("postmaster.pid");
      if (Files.exists(pidFile)) {
        List<String> lines = Files.readAllLines(pidFile);
        if (isOwned(folder)) {
          return Integer.parseInt(lines.get(3).strip());
        }
        stopOrphan(Long.parseLong(lines.get(0).strip()));
      }
      return EmbeddedPostgres.builder()
          .setDataDirectory(folder)
          .setCleanDataDirectory(false)
          .setServerConfig("fsync", "on") // the builder switches it off
          .start()
          .getPort();
    } catch (IOException | RuntimeException e) {
      throw new IllegalStateException(
          "The embedded PostgreSQL in "
              + folder
              + " did not start. Delete that folder to begin anew, or set DATABASE_URL.",
          e);
    }
  }

  /** Whether a running JVM holds the library's lock in the folder. */
  private static boolean isOwned(Path folder) throws IOException {
    Path lockFile = folder.resolve("epg-lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  /** Stops a server whose JVM was killed. Its process id may be another program's by now. */
  private static void stopOrphan(long pid) {
    ProcessHandle.of(pid)
        .filter(process -> process.info().command().orElse("").contains("postgres"))
        .ifPresent(
            process -> {
              process.destroy();
              process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
            });
  }

  private DevDatabase() {}
}
