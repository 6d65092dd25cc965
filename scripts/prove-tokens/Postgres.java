import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;

/**
 * Runs an embedded PostgreSQL until standard input ends. {@code java Postgres.java FOLDER} prints its
 * port.
 */
class Postgres {

  public static void main(String... args) throws Exception {
    Path folder = Path.of(args[0]);
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.builder()
            .setOverrideWorkingDirectory(folder.resolve("binaries").toFile())
            .setDataDirectory(folder.resolve("data"))
            .start()) {
      System.out.println(postgres.getPort());
      while (System.in.read() >= 0) {
        // until the parent process closes the pipe or ends
      }
    }
  }
}
