package dev.taskward.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection in stages (RFC 9112, 9.6). It closes the sending side, then drops what the
 * client sends until the client closes. Without that, a client that is still sending may lose the
 * response.
 *
 * <p>Closes the connection after {@value #SILENT_SECONDS} seconds without data, after {@value
 * #TOTAL_SECONDS} seconds, or after {@value #DROPPED_MAX} bytes.
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {

  private static final int SILENT_SECONDS = 5;
  private static final int TOTAL_SECONDS = 30;
  private static final long DROPPED_MAX = 64L * 1024 * 1024;

  private long dropped;
  private long droppedAtLastCheck;
  private int checks;
  private ScheduledFuture<?> check;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    if (tls != null) {
      tls.closeOutbound();
    } else if (context.channel() instanceof DuplexChannel socket) {
      socket.shutdownOutput();
    }
    check =
        context
            .executor()
            .scheduleAtFixedRate(
                () -> check(context), SILENT_SECONDS, SILENT_SECONDS, TimeUnit.SECONDS);
    context.channel().config().setAutoRead(true);
    context.read();
  }

  private void check(ChannelHandlerContext context) {
    checks++;
    if (dropped == droppedAtLastCheck || checks * SILENT_SECONDS >= TOTAL_SECONDS) {
      context.close();
    }
    droppedAtLastCheck = dropped;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    dropped += ((ByteBuf) message).readableBytes();
    ReferenceCountUtil.release(message);
    if (dropped > DROPPED_MAX) {
      context.close();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {}

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    check.cancel(false);
    context.fireChannelInactive();
  }
}
