package dev.taskward.proxy;

import dev.taskward.config.TaskwardConfig;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.vertx.core.Handler;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/**
 * Whom a request comes from. That is the peer of the connection, unless it is one of the trusted
 * proxies: then it is the last address in {@code X-Forwarded-For} that is not one of them. Without
 * trusted proxies no such header is looked at.
 *
 * <p>Quarkus' own reading stays off: it would take the first address, which a client can write
 * himself where a proxy adds to the header, and never answer a request that has an empty one there.
 */
@Singleton
public final class ClientAddress implements RequestFilters {

  private static final String KEY = ClientAddress.class.getName();

  private final List<IpSubnetFilterRule> proxies;

  ClientAddress(TaskwardConfig config) {
    proxies =
        config.proxy().trusted().orElse(List.of()).stream().map(ClientAddress::network).toList();
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return proxies.isEmpty() ? Map.of() : Map.of(Stage.CLIENT_ADDRESS, this::read);
  }

  /** As text; empty if there is none, which only a connection that is gone has. */
  public static String of(RoutingContext request) {
    String address = request.get(KEY);
    return address == null ? text(request.request().remoteAddress()) : address;
  }

  private void read(RoutingContext request) {
    String peer = text(request.request().remoteAddress());
    if (isProxy(peer)) {
      if (!PublicUrl.believe(request)) {
        request.fail(400);
        return;
      }
      request.put(KEY, client(request.request().headers().getAll("X-Forwarded-For"), peer));
    }
    request.next();
  }

  /** The hop before the first one, seen from here, that a trusted proxy did not vouch for. */
  private String client(List<String> headers, String peer) {
    String[] hops = String.join(",", headers).split(",");
    String client = peer;
    for (int i = hops.length - 1; i >= 0 && isProxy(client); i--) {
      String hop = withoutPort(hops[i].strip());
      if (hop == null) {
        return client;
      }
      client = hop;
    }
    return client;
  }

  /** Some proxies add the port; null if there is no address. */
  private static String withoutPort(String hop) {
    if (isAddress(hop)) {
      return hop;
    }
    String host = hop.replaceFirst(":[0-9]+$", "").replaceFirst("^\\[(.*)]$", "$1");
    return isAddress(host) ? host : null;
  }

  private static boolean isAddress(String text) {
    return NetUtil.isValidIpV4Address(text) || NetUtil.isValidIpV6Address(text);
  }

  private boolean isProxy(String address) {
    if (!isAddress(address)) {
      return false;
    }
    InetSocketAddress socket = new InetSocketAddress(address, 0); // asks no DNS for a literal
    return proxies.stream().anyMatch(network -> network.matches(socket));
  }

  private static IpSubnetFilterRule network(String text) {
    String[] parts = text.strip().split("/");
    int bits = NetUtil.isValidIpV4Address(parts[0]) ? 32 : 128;
    return new IpSubnetFilterRule(
        parts[0], parts.length == 1 ? bits : Integer.parseInt(parts[1]), IpFilterRuleType.ACCEPT);
  }

  private static String text(SocketAddress address) {
    if (address == null) {
      return "";
    }
    return address.hostAddress() == null ? address.host() : address.hostAddress();
  }
}
