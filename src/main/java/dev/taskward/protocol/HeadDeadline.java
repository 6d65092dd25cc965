package dev.taskward.protocol;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes a connection on which the head of a request trickles. It is never idle, so no idle timeout
 * ends it, and Vert.x has no other; so it is done one floor below, in Netty's own pipeline: from
 * bytes that come while no request is under way to the request that they begin. All of it runs on
 * the connection's event loop, but that a request ends where its answer is made.
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
      HeadDeadline deadline = ConnectionHandlers.of(request, HeadDeadline.class);
      if (deadline != null) {
        deadline.begin();
        request.addEndHandler(ended -> deadline.end());
      }
      request.next();
    }
  }

  private final AtomicInteger underWay = new AtomicInteger();
  private boolean reading;
  private ScheduledFuture<?> deadline;

  private void begin() {
    underWay.incrementAndGet();
    reading = false;
    cancel();
  }

  private void end() {
    underWay.decrementAndGet();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    reading = underWay.get() == 0; // until they turn out to hold a whole head
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
