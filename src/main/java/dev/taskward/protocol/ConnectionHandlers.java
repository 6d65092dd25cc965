package dev.taskward.protocol;

import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
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

/** Adds our Netty handlers to each client connection. Vert.x has no API for it. */
@RegisterForReflection // Netty creates it by its name
public final class ConnectionHandlers extends ChannelInitializerExtension {

  /** Makes Netty load extensions, if called before its first use. */
  public static void enable() {
    System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
  }

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(new HeadDeadline(), new Http1Handlers());
  }

  private static ChannelPipeline pipeline(RoutingContext request) {
    return ((ConnectionBase) request.request().connection()).channel().pipeline();
  }

  /** Adds our HTTP handlers after Vert.x has added its own, which TLS delays. */
  private static final class Http1Handlers extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      ChannelPipeline pipeline = context.pipeline();
      ChannelHandlerContext decoder = pipeline.context(HttpRequestDecoder.class);
      if (decoder != null) {
        if (pipeline.get(SslHandler.class) == null) { // with TLS it has read bytes already
          pipeline.replace(decoder.name(), decoder.name(), new StrictRequestDecoder());
        }
        PersistentConnection.install(pipeline, false);
        pipeline.remove(this);
      }
      context.fireChannelRead(bytes);
    }
  }

  /** Adds the handlers in dev mode and tests, where Netty starts before {@link #enable}. */
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
