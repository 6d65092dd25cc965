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
 * Determines the client's address: the peer of the connection, unless that is a trusted proxy. Then
 * it is the last address in {@code X-Forwarded-For} that is no trusted proxy. Without trusted
 * proxies the header is ignored.
 *
 * <p>Quarkus' own support stays off. It takes the first address, which clients can forge if the
 * proxy appends to the header. If that address is empty, it never responds.
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

  /** The address as text; empty if the connection is closed. */
  public static String of(RoutingContext request) {
    String address = request.get(KEY);
    return address == null ? text(request.request().remoteAddress()) : address;
  }

  private void read(RoutingContext request) {
    String peer = text(request.request().remoteAddress());
    if (isProxy(peer)) {
      if (!PublicUrl.readForwarded(request)) {
        request.fail(400);
        return;
      }
      request.put(KEY, client(request.request().headers().getAll("X-Forwarded-For"), peer));
    }
    request.next();
  }

  /** The last hop that is no trusted proxy. A hop without an address ends the search. */
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

  /** The address without the port that some proxies add; null if there is none. */
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
    InetSocketAddress socket = new InetSocketAddress(address, 0); // no DNS lookup for a literal
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
