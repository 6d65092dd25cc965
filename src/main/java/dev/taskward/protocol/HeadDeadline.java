package dev.taskward.protocol;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Handler;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes a connection if a request head takes longer than the timeout. The time runs from the first
 * bytes while no request is active until the request begins. Such a connection is never idle, so no
 * idle timeout of Vert.x closes it. All code runs on the connection's event loop, except the end of
 * a request.
 */
final class HeadDeadline extends ChannelInboundHandlerAdapter {

  private static volatile long millis;

  @Singleton
  static final class Requests implements RequestFilters {

    Requests(TaskwardConfig config) {
      millis = config.headTimeout().toMillis();
    }

    @Override
    public Map<Stage, Handler<RoutingContext>> filters() {
      return Map.of(Stage.HEAD_DEADLINE, Requests::begin);
    }

    private static void begin(RoutingContext request) {
      // Vert.x has no public access to the Netty pipeline of a server connection.
      ConnectionBase connection = (ConnectionBase) request.request().connection();
      HeadDeadline deadline = connection.channel().pipeline().get(HeadDeadline.class);
      if (deadline != null) {
        deadline.begin();
        request.addEndHandler(ended -> deadline.end());
      }
      request.next();
    }
  }

  private final AtomicInteger activeRequests = new AtomicInteger();
  private boolean reading;
  private ScheduledFuture<?> deadline;

  private void begin() {
    activeRequests.incrementAndGet();
    reading = false;
    cancel();
  }

  private void end() {
    activeRequests.decrementAndGet();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    reading = activeRequests.get() == 0; // until the bytes hold a whole head
    context.fireChannelRead(bytes);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (reading && deadline == null) {
      deadline = context.executor().schedule(() -> context.close(), millis, TimeUnit.MILLISECONDS);
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    cancel();
    context.fireChannelInactive();
  }

  private void cancel() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
