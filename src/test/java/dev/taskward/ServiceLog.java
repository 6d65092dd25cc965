package dev.taskward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;

/** Collects the log of this JVM until it is closed. */
public final class ServiceLog extends Handler implements AutoCloseable {

  private final Logger logger;
  private final List<ExtLogRecord> lines = new CopyOnWriteArrayList<>();

  /** Collects what the service's own classes log. */
  public ServiceLog() {
    this("dev.taskward");
  }

  private ServiceLog(String category) {
    logger = Logger.getLogger(category);
    logger.addHandler(this);
  }

  /** Collects what libraries log, too. */
  public static ServiceLog ofAll() {
    return new ServiceLog("");
  }

  @Override
  public void publish(LogRecord record) {
    ExtLogRecord line = ExtLogRecord.wrap(record);
    line.copyMdc();
    lines.add(line);
  }

  public List<ExtLogRecord> lines() {
    return lines;
  }

  /** Removes and returns the only line with this trace ID. */
  public ExtLogRecord take(String traceId) {
    List<ExtLogRecord> found =
        lines.stream().filter(line -> traceId.equals(line.getMdc("traceId"))).toList();
    assertEquals(1, found.size(), found.toString());
    lines.removeAll(found);
    return found.get(0);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
