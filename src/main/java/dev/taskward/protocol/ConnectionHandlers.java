package dev.taskward.protocol;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.ssl.SslHandler;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.Handler;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Map;

/**
 * Puts handlers of ours into Netty's pipeline of each connection that a client opens: Vert.x has no
 * place for them.
 */
@RegisterForReflection // Netty creates it by its name
public final class ConnectionHandlers extends ChannelInitializerExtension {

  /** Netty looks for extensions only if this is set before its first use. */
  public static void enable() {
    System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
  }

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(new HeadDeadline(), new Http1Handlers());
  }

  /**
   * The handler of the connection that this request came on; null if Netty did not look for
   * extensions.
   */
  static <T extends ChannelHandler> T of(RoutingContext request, Class<T> type) {
    return pipeline(request).get(type);
  }

  private static ChannelPipeline pipeline(RoutingContext request) {
    return ((ConnectionBase) request.request().connection()).channel().pipeline();
  }

  /** Adds what works on HTTP messages, once Vert.x has its own handlers: with TLS that is late. */
  private static final class Http1Handlers extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      ChannelPipeline pipeline = context.pipeline();
      ChannelHandlerContext decoder = pipeline.context(HttpRequestDecoder.class);
      if (decoder != null) {
        if (pipeline.get(SslHandler.class) == null) { // else it has read something already
          pipeline.replace(decoder.name(), decoder.name(), new StrictRequestDecoder());
        }
        PersistentConnection.install(pipeline, false);
        pipeline.remove(this);
      }
      context.fireChannelRead(bytes);
    }
  }

  /** In dev mode and in tests Netty was used before anything could be set. */
  @Singleton
  static final class LateHandlers implements RequestFilters {

    @Override
    public Map<Stage, Handler<RoutingContext>> filters() {
      return Map.of(
          Stage.CONNECTION,
          request -> {
            PersistentConnection.install(pipeline(request), true);
            request.next();
          });
    }
  }
}
