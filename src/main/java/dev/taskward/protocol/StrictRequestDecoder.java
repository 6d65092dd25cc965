package dev.taskward.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Refuses bytes other than empty lines before a request (RFC 9112, 2.2). Netty skips control
 * characters and spaces there, but a proxy may read them as part of the request.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {

  /** The next byte begins a request. */
  private boolean atStart = true;

  StrictRequestDecoder() {
    super(Limits.options);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> messages)
      throws Exception {
    if (atStart && !mayBeginRequest(bytes)) {
      bytes.skipBytes(bytes.readableBytes());
      HttpMessage invalid = createInvalidMessage();
      invalid.setDecoderResult(DecoderResult.failure(new DecoderException("no request line")));
      messages.add(invalid);
      return;
    }
    super.decode(context, bytes, messages);
    if (!messages.isEmpty() && messages.get(messages.size() - 1) instanceof LastHttpContent) {
      atStart = true;
    }
  }

  /** Whether the bytes are empty lines and then a visible character. */
  private static boolean mayBeginRequest(ByteBuf bytes) {
    int first = bytes.forEachByte(one -> one == '\r' || one == '\n');
    return first < 0 || bytes.getByte(first) > ' ' && bytes.getByte(first) < 0x7f;
  }

  @Override
  protected HttpMessage createMessage(String[] requestLine) {
    atStart = false;
    return super.createMessage(requestLine);
  }

  /** The limits of request line and headers, as Quarkus sets them for Vert.x. */
  @Singleton
  static final class Limits implements HttpServerOptionsCustomizer {

    private static volatile HttpServerOptions options = new HttpServerOptions();

    @Override
    public void customizeHttpServer(HttpServerOptions http) {
      options = http;
    }
  }
}
