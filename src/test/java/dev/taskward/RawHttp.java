package dev.taskward;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Sends requests that no client library would send. */
public final class RawHttp {

  /**
   * Sends this text unchanged and reads until the server closes the connection.
   *
   * @param requests one or more requests, the last one with {@code Connection: close}
   */
  public static String exchange(URI server, String requests) throws IOException {
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(requests.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private RawHttp() {}
}
