package dev.taskward.http;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * What Vert.x has no place for: handlers of ours in Netty's own pipeline, before all others, for
 * each connection that a client opens.
 */
@RegisterForReflection // Netty makes it by its name
public final class ConnectionHandlers extends ChannelInitializerExtension {

  /** Netty asks for extensions only if this is set before its first use. */
  public static void enable() {
    System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
  }

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(new UnreadRequest(), new HeadDeadline());
  }

  /** The one of the connection that this request came on; null if Netty was not told of them. */
  static <T extends ChannelHandler> T of(RoutingContext request, Class<T> type) {
    return ((ConnectionBase) request.request().connection()).channel().pipeline().get(type);
  }
}
