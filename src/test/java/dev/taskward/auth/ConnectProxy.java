package dev.taskward.auth;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP proxy that opens every CONNECT tunnel to one port of this machine. */
final class ConnectProxy implements AutoCloseable {

  private final ServerSocket server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
  private final List<List<String>> heads = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile int target;

  ConnectProxy(int target) throws IOException {
    this.target = target;
    threads.execute(
        () -> {
          while (!server.isClosed()) {
            try {
              Socket client = server.accept();
              threads.execute(() -> tunnel(client));
            } catch (IOException closed) {
              return;
            }
          }
        });
  }

  private void tunnel(Socket client) {
    try (client;
        Socket issuer = new Socket(InetAddress.getLoopbackAddress(), target)) {
      List<String> head = new ArrayList<>();
      for (String line = line(client); !line.isEmpty(); line = line(client)) {
        head.add(line);
      }
      heads.add(head);
      client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
      threads.execute(() -> copy(client, issuer));
      copy(issuer, client);
    } catch (IOException closed) {
      // the test sees the effect
    }
  }

  private static String line(Socket socket) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = socket.getInputStream().read(); c >= 0 && c != '\n'; ) {
      line.append((char) c);
      c = socket.getInputStream().read();
    }
    return line.toString().strip();
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException closed) {
      // the other direction ends, too
    }
  }

  void setTarget(int port) {
    target = port;
  }

  int port() {
    return server.getLocalPort();
  }

  /** The heads of the requests, as lines. */
  List<List<String>> heads() {
    return heads;
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
