package dev.taskward;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * A proxy between the service and PostgreSQL that parses the protocol (PostgreSQL manual,
 * "Frontend/Backend Protocol"). Tests count the statements that were really sent, whichever library
 * sent them. It can also close connections, refuse them, stop forwarding, or close a connection at
 * a given statement.
 */
public final class PostgresProxy implements AutoCloseable {

  private static final int BIND = 'B';
  private static final int EXECUTE = 'E';
  private static final int PARSE = 'P';
  private static final int QUERY = 'Q';
  private static final int SYNC = 'S';
  private static final int NOTICE = 'N';
  private static final int ERROR = 'E';

  private static final Pattern TRANSACTION_CONTROL =
      Pattern.compile(
          "BEGIN|COMMIT|ROLLBACK|select set_config\\('taskward\\.user_id', \\$1, true\\)(, set_config.*)?");

  private volatile ServerSocket server;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final List<String> statements = new CopyOnWriteArrayList<>();
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final AtomicInteger roundTrips = new AtomicInteger();
  private volatile boolean cut;
  private volatile boolean frozen;
  private volatile String fatal;
  private volatile String refusal;

  public PostgresProxy(int target) {
    try {
      this.target = target;
      listen(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Resets all counts. */
  public void reset() {
    statements.clear();
    notices.clear();
    roundTrips.set(0);
  }

  /** The SQL of every executed statement, including transaction control. */
  public List<String> statements() {
    return List.copyOf(statements);
  }

  /** The executed statements that neither begin or end a transaction nor set the current user. */
  public List<String> work() {
    return statements.stream().filter(sql -> !TRANSACTION_CONTROL.matcher(sql).matches()).toList();
  }

  /** The notices of the server. */
  public List<String> notices() {
    return List.copyOf(notices);
  }

  /** How many times the driver sent messages and waited for the response. */
  public int roundTrips() {
    return roundTrips.get();
  }

  /** Closes all connections, and each new one at once. */
  public void cut() {
    cut = true;
    sockets.forEach(PostgresProxy::close);
  }

  /** Closes all connections, as a restart of the server does. New ones work. */
  public void restart() {
    cut();
    cut = false;
  }

  /** Closes all connections and the port. */
  public void refuse() {
    close();
    cut();
  }

  /** Closes all connections, and answers each new one with this error, as a pooler does. */
  public void refuseWith(String sqlState) {
    refusal = sqlState;
    sockets.forEach(PostgresProxy::close);
  }

  /** Accepts connections and messages but forwards nothing, like a suspended process. */
  public void freeze() {
    frozen = true;
  }

  /** Closes the connection when this statement is sent next, so that its result is unknown. */
  public void cutAt(String statement) {
    fatal = statement;
  }

  /** Ends all faults. Forwards the messages that {@link #freeze} held back. */
  public void mend() {
    cut = false;
    fatal = null;
    refusal = null;
    synchronized (this) {
      frozen = false;
      notifyAll();
    }
    if (server.isClosed()) {
      try {
        listen(server.getLocalPort());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void listen(int port) throws IOException {
    ServerSocket listening = new ServerSocket();
    listening.setReuseAddress(true);
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    server = listening;
    start(() -> accept(listening));
  }

  private synchronized void awaitThaw() throws IOException {
    try {
      while (frozen) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void accept(ServerSocket server) throws IOException {
    while (true) {
      Socket client = server.accept();
      if (cut) {
        close(client);
        continue;
      }
      if (refusal != null) {
        start(() -> refuse(client, refusal));
        continue;
      }
      Socket backend = new Socket(InetAddress.getLoopbackAddress(), target);
      client.setTcpNoDelay(true);
      backend.setTcpNoDelay(true);
      sockets.addAll(Set.of(client, backend));
      if (cut) { // since the check above
        close(client);
        close(backend);
        continue;
      }
      start(() -> pump(client, backend, new Frontend()));
      start(() -> pump(backend, client, new Backend()));
    }
  }

  private static void refuse(Socket client, String sqlState) throws IOException {
    try (client;
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream())) {
      in.skipNBytes(in.readInt() - 4); // the start-up message
      byte[] error =
          "SFATAL\0VFATAL\0C%s\0Mno connection for you\0\0"
              .formatted(sqlState)
              .getBytes(StandardCharsets.UTF_8);
      out.writeByte(ERROR);
      out.writeInt(error.length + 4);
      out.write(error);
    }
  }

  private void pump(Socket from, Socket to, Reader reader) throws IOException {
    try (from;
        to;
        DataInputStream in =
            new DataInputStream(new java.io.BufferedInputStream(from.getInputStream()));
        DataOutputStream out =
            new DataOutputStream(new java.io.BufferedOutputStream(to.getOutputStream()))) {
      while (true) {
        reader.message(in, out);
        awaitThaw();
        if (in.available() == 0) {
          out.flush();
        }
      }
    } catch (EOFException ended) {
      // the connection was closed
    }
  }

  private interface Reader {
    void message(DataInputStream in, DataOutputStream out) throws IOException;
  }

  private static byte[] copy(DataInputStream in, DataOutputStream out) throws IOException {
    int length = in.readInt();
    byte[] body = in.readNBytes(length - 4);
    out.writeInt(length);
    out.write(body);
    return body;
  }

  private final class Frontend implements Reader {

    private final Map<String, String> prepared = new ConcurrentHashMap<>();
    private String bound = "";
    private boolean started;

    @Override
    public void message(DataInputStream in, DataOutputStream out) throws IOException {
      if (!started) { // the start-up message has no type
        started = true;
        copy(in, out);
        return;
      }
      int type = in.readUnsignedByte();
      out.writeByte(type);
      String[] strings = new String(copy(in, out), StandardCharsets.UTF_8).split("\0", 3);
      switch (type) {
        case PARSE -> prepared.put(strings[0], strings[1]);
        case BIND -> bound = prepared.get(strings[1]);
        case EXECUTE -> {
          statements.add(bound);
          cutIfAt(bound);
        }
        case SYNC -> roundTrips.incrementAndGet();
        case QUERY -> {
          statements.add(strings[0]);
          cutIfAt(strings[0]);
          if (!strings[0].equals("BEGIN")) { // the driver does not wait for its response
            roundTrips.incrementAndGet();
          }
        }
        default -> {}
      }
    }
  }

  private void cutIfAt(String statement) throws EOFException {
    if (statement.equals(fatal)) {
      fatal = null;
      throw new EOFException();
    }
  }

  private final class Backend implements Reader {
    @Override
    public void message(DataInputStream in, DataOutputStream out) throws IOException {
      int type = in.readUnsignedByte();
      out.writeByte(type);
      byte[] body = copy(in, out);
      if (type == NOTICE) {
        notices.add(new String(body, StandardCharsets.UTF_8));
      }
    }
  }

  private interface Io {
    void run() throws IOException;
  }

  private static void start(Io io) {
    Thread thread =
        new Thread(
            () -> {
              try {
                io.run();
              } catch (IOException closed) {
                // by the other side or at the end of the test
              }
            },
            "postgres-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
