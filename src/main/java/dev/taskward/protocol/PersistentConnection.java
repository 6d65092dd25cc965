package dev.taskward.protocol;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.net.impl.VertxHandler;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Map;
import java.util.Queue;

/**
 * Decides how long an HTTP/1 connection persists and what is read from it (RFC 9112, section 9).
 *
 * <ul>
 *   <li>It processes one request at a time. A pipelined request waits until the response before it
 *       is complete. If more than {@value #PIPELINED_MAX} bytes wait, for instance behind an event
 *       stream, it ends the connection.
 *   <li>After a response with {@code Connection: close} it processes nothing more and ends the
 *       connection with a {@link LingeringClose}.
 *   <li>It drops a body that the service did not read: up to {@value #DROPPED_MAX} bytes, for up to
 *       {@value #DROP_SECONDS} seconds. Beyond that it ends the connection.
 * </ul>
 *
 * <p>Vert.x processes pipelined requests after a refused one, and stops reading from a connection
 * whose request stays paused. All code runs on the connection's event loop.
 */
final class PersistentConnection extends ChannelDuplexHandler {

  private static final String NAME = "persistence";

  private static final int DROPPED_MAX = 256 * 1024;
  private static final int PIPELINED_MAX = 1024 * 1024;
  private static final int DROP_SECONDS = 5;

  /** The value of {@code Date} in one second. */
  private record CachedDate(long second, AsciiString text) {}

  private static volatile CachedDate date = new CachedDate(0, AsciiString.EMPTY_STRING);

  /** Request parts that wait, usually for the response before them. */
  private final Queue<Object> pipelined = new ArrayDeque<>();

  /** The size of {@link #pipelined} in bytes. */
  private int pipelinedBytes;

  private boolean readWanted;

  private boolean requestRead;
  private boolean responseWritten;

  /** The connection cannot wait for the rest of the body after the response. */
  private boolean tooLong;

  /** The response is the last one of this connection. */
  private boolean closes;

  private boolean lingers;
  private long dropped;
  private ScheduledFuture<?> dropDeadline;

  /**
   * @param inFlight the connection has a request already. Vert.x may have read all of it: dev mode
   *     scans for changed classes before any filter runs.
   */
  private PersistentConnection(boolean inFlight) {
    requestRead = true;
    responseWritten = !inFlight;
  }

  /** Adds a handler before Vert.x's HTTP/1 handler, if there is none yet. */
  static void install(ChannelPipeline pipeline, boolean inFlight) {
    ChannelHandlerContext http1 = pipeline.context(VertxHandler.class);
    if (http1 != null && pipeline.get(NAME) == null) {
      pipeline.addBefore(http1.name(), NAME, new PersistentConnection(inFlight));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (isOver()) {
      ReferenceCountUtil.release(message);
    } else if (!pipelined.isEmpty() || hasToWait(message) || expectsContinue(message)) {
      pipelined.add(message);
      pipelinedBytes += size(message);
      if (pipelinedBytes > PIPELINED_MAX) {
        end(context);
      }
    } else {
      process(context, message);
    }
  }

  private static int size(Object message) {
    if (message instanceof HttpContent content) {
      return content.content().readableBytes();
    }
    int size = 0;
    if (message instanceof HttpRequest request) {
      size = request.uri().length();
      for (Map.Entry<String, String> header : request.headers()) {
        size += header.getKey().length() + header.getValue().length();
      }
    }
    return size;
  }

  private boolean isOver() {
    return closes && responseWritten;
  }

  private boolean hasToWait(Object message) {
    return message instanceof HttpRequest && !(requestRead && responseWritten);
  }

  /** Such a request waits for the bytes read with it, which may hold its body. */
  private static boolean expectsContinue(Object message) {
    return message instanceof HttpRequest request && HttpUtil.is100ContinueExpected(request);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    processPipelined(context);
  }

  private void process(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      requestRead = false;
      responseWritten = false;
      dropped = 0;
      closes = !isPersistent(request);
      addHost(request, context);
      tooLong =
          request.decoderResult().isSuccess()
              && (expectsContinue(request) || HttpUtil.getContentLength(request, 0L) > DROPPED_MAX);
    }
    closes |= ((HttpObject) message).decoderResult().isFailure(); // nothing is decoded after it
    requestRead |= message instanceof LastHttpContent;
    if (responseWritten) {
      drop(context, (HttpContent) message);
    } else {
      context.fireChannelRead(message);
    }
  }

  /** Adds {@code Host}, which HTTP/1.0 lacks and tracing reads before any filter. */
  private static void addHost(HttpRequest request, ChannelHandlerContext context) {
    if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)
        && !request.headers().contains(HttpHeaderNames.HOST)
        && context.channel().localAddress() instanceof InetSocketAddress here) {
      request.headers().set(HttpHeaderNames.HOST, NetUtil.toSocketAddressString(here));
    }
  }

  /** RFC 9112, 9.3. */
  private static boolean isPersistent(HttpRequest request) {
    return request.protocolVersion().equals(HttpVersion.HTTP_1_0)
        ? hasOption(request, HttpHeaderValues.KEEP_ALIVE)
        : !hasOption(request, HttpHeaderValues.CLOSE);
  }

  /** Whether {@code Connection} has this option, alone or in a list. */
  private static boolean hasOption(HttpMessage message, AsciiString option) {
    for (String list : message.headers().getAll(CONNECTION)) {
      for (String member : list.split(",")) {
        if (option.contentEqualsIgnoreCase(member.strip())) {
          return true;
        }
      }
    }
    return false;
  }

  /** Drops a part of the body that arrives after the response. */
  private void drop(ChannelHandlerContext context, HttpContent content) {
    dropped += content.content().readableBytes();
    content.release();
    if (closes || dropped > DROPPED_MAX) {
      end(context);
    } else if (content instanceof LastHttpContent) {
      if (dropDeadline != null) {
        dropDeadline.cancel(false);
      }
      context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  @Override
  public void read(ChannelHandlerContext context) {
    if (pipelined.isEmpty()) {
      context.read();
    } else {
      readWanted = true;
    }
  }

  private void processPipelined(ChannelHandlerContext context) {
    while (!pipelined.isEmpty() && !isOver() && !hasToWait(pipelined.peek())) {
      Object message = pipelined.remove();
      pipelinedBytes -= size(message);
      process(context, message);
    }
    context.fireChannelReadComplete(); // Vert.x flushes only after it
    if (pipelined.isEmpty() && readWanted) {
      readWanted = false;
      context.read();
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    HttpResponseStatus status =
        message instanceof HttpResponse response ? response.status() : HttpResponseStatus.OK;
    if (status.codeClass() == HttpStatusClass.INFORMATIONAL) {
      context.write(message, promise);
      if (status.code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code()) {
        context.pipeline().remove(this);
      }
      return;
    }
    if (message instanceof HttpResponse response) {
      begin(response);
    }
    context.write(message, promise);
    if (message instanceof LastHttpContent) {
      afterResponse(context);
    }
  }

  private void begin(HttpResponse response) {
    if (response.protocolVersion() != HttpVersion.HTTP_1_0) {
      response.setProtocolVersion(HttpVersion.HTTP_1_1); // Vert.x repeats the client's version
    }
    response.headers().set(HttpHeaderNames.DATE, date());
    closes |= tooLong && !wasRead() || hasOption(response, HttpHeaderValues.CLOSE);
    if (closes) {
      response.headers().set(CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  /** Whether the whole request was read. Its last parts may still be queued. */
  private boolean wasRead() {
    return requestRead || pipelined.stream().anyMatch(LastHttpContent.class::isInstance);
  }

  /** RFC 9110, 6.6.1. */
  private static AsciiString date() {
    long now = System.currentTimeMillis();
    CachedDate cached = date;
    if (cached.second != now / 1000) {
      cached = new CachedDate(now / 1000, AsciiString.of(DateFormatter.format(new Date(now))));
      date = cached;
    }
    return cached.text;
  }

  private void afterResponse(ChannelHandlerContext context) {
    responseWritten = true;
    if (closes) {
      end(context);
      return;
    }
    if (!requestRead) {
      dropDeadline = context.executor().schedule(() -> end(context), DROP_SECONDS, SECONDS);
    }
    if (!context.channel().config().isAutoRead()) { // the request is still paused
      context.pipeline().get(VertxHandler.class).getConnection().doResume();
    }
    if (!pipelined.isEmpty()) { // Vert.x has to complete the response first
      context.executor().execute(() -> processPipelined(context));
    }
  }

  private void end(ChannelHandlerContext context) {
    closes = true;
    releasePipelined();
    context
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            flushed -> {
              if (!lingers && context.channel().isActive()) {
                lingers = true;
                context.pipeline().addFirst(new LingeringClose());
              }
            });
  }

  /** Waits for the lingering close. Vert.x closes at once after some responses. */
  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (lingers) {
      context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    } else {
      context.close(promise);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    releasePipelined();
  }

  private void releasePipelined() {
    pipelined.forEach(ReferenceCountUtil::release);
    pipelined.clear();
    pipelinedBytes = 0;
  }
}
