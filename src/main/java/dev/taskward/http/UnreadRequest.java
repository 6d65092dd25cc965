package dev.taskward.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.vertx.ext.web.RoutingContext;

/**
 * A connection's next request, which waits as the bytes that came while {@link Overload} has enough
 * requests to go on with. Outside the heap it costs next to nothing; one that was read would live
 * through collections of the garbage, and with it what its answer is made of.
 *
 * <p>Only what follows on a request that got as far as Overload waits so, hence no request for
 * health, and none of a client who is refused for his limits or his token; and nothing that comes
 * in pieces. All but {@link #read} runs on the connection's event loop.
 */
final class UnreadRequest extends ChannelInboundHandlerAdapter {

  private ChannelHandlerContext context;

  /** Null until a request got there. */
  private Overload overload;

  /** The next bytes begin a request. */
  private boolean isBetween;

  private Object bytes;
  private long since;
  private long waited;

  /** For how long this request, the connection's last, had waited before it was read. */
  static long waitedNanos(RoutingContext request) {
    UnreadRequest connection = ConnectionHandlers.of(request, UnreadRequest.class);
    return connection == null ? 0 : connection.waited;
  }

  /** This request is over, and the next may wait. */
  static void mayFollow(RoutingContext request, Overload overload) {
    UnreadRequest connection = ConnectionHandlers.of(request, UnreadRequest.class);
    if (connection != null) {
      connection.overload = overload;
      connection.isBetween = true;
    }
  }

  boolean isHere() {
    return context.executor().inEventLoop();
  }

  /** It has its turn. */
  void read() {
    context.executor().execute(this::pass);
  }

  private void pass() {
    Object held = bytes;
    if (held != null) {
      bytes = null;
      waited = System.nanoTime() - since;
      context.fireChannelRead(held);
      context.fireChannelReadComplete();
    }
    overload.readNext();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    this.context = context;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (bytes != null) { // there is more of it
      overload.forget(this);
      pass();
      context.fireChannelRead(message);
      return;
    }
    boolean mayWait = isBetween;
    isBetween = false;
    if (mayWait && overload.hasWait(this)) {
      bytes = message;
      since = System.nanoTime();
    } else {
      waited = 0;
      context.fireChannelRead(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (bytes != null) {
      overload.forget(this);
      ReferenceCountUtil.release(bytes);
      bytes = null;
    }
    context.fireChannelInactive();
  }
}
