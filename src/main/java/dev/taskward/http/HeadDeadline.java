package dev.taskward.http;

import dev.taskward.config.TaskwardConfig;
import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.ManagementInterface;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection on which the head of a request trickles. It is never idle, so no idle timeout
 * ends it, and Vert.x has no other; so it is done one floor below, in Netty's own pipeline: from
 * bytes that come while no request is under way to the request that they begin.
 */
@RegisterForReflection // Netty makes it by its name
public final class HeadDeadline extends ChannelInitializerExtension {

  private static final String HANDLER = "head-deadline";

  private static volatile long millis;

  /** Netty asks for extensions only if this is set before its first use. */
  public static void enable() {
    System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
  }

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(HANDLER, new Handler());
  }

  static final class Requests {

    Requests(TaskwardConfig config) {
      millis = config.headTimeout().toMillis();
    }

    void register(@Observes Filters filters) {
      filters.register(Requests::begin, TraceId.PRIORITY);
    }

    void register(@Observes ManagementInterface management) {
      management.router().route().order(Integer.MIN_VALUE).handler(Requests::begin);
    }

    private static void begin(RoutingContext request) {
      if (request.request().connection() instanceof ConnectionBase connection
          && connection.channel().pipeline().get(HANDLER) instanceof Handler handler) {
        handler.begin();
        request.addEndHandler(ended -> handler.end());
      }
      request.next();
    }
  }

  /** All of it runs on the connection's event loop. */
  private static final class Handler extends ChannelInboundHandlerAdapter {

    private int underWay;
    private boolean reading;
    private ScheduledFuture<?> deadline;

    private void begin() {
      underWay++;
      reading = false;
      cancel();
    }

    private void end() {
      underWay--;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      reading = true; // until they turn out to hold a whole head
      context.fireChannelRead(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (reading && underWay == 0 && deadline == null) {
        deadline =
            context.executor().schedule(() -> context.close(), millis, TimeUnit.MILLISECONDS);
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
}
