package dev.taskward.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.taskward.common.UserData;
import dev.taskward.config.TaskwardConfig;
import dev.taskward.observability.SecurityLog;
import dev.taskward.observability.SecurityLog.Event;
import dev.taskward.pipeline.RequestFilters;
import dev.taskward.pipeline.Stage;
import dev.taskward.problem.ErrorResponses;
import dev.taskward.problem.ProblemException;
import dev.taskward.proxy.ClientAddress;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.netty.util.NetUtil;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Limits requests per period, if enabled: per user with a valid token, else per address. Each
 * instance counts for itself, or all count in the database ({@link SharedBuckets}). Responses have
 * {@code RateLimit} and {@code RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers). Clients
 * over the limit get 429 with {@code Retry-After}.
 */
@ApplicationScoped
public class RateLimits implements RequestFilters, UserData {

  /** Buckets of each kind. A dropped bucket is full when it is created again. */
  private static final int BUCKETS_MAX = 100_000;

  /** The IPv6 prefix of one site: a client with one of its addresses has them all. */
  private static final int IPV6_PREFIX_BYTES = 8;

  private final boolean enabled;
  private final SharedBuckets shared;
  private final Limit users;
  private final Limit addresses;

  RateLimits(TaskwardConfig config, SharedBuckets shared) {
    TaskwardConfig.RateLimit limits = config.rateLimit();
    enabled = limits.enabled();
    this.shared = shared;
    users = new Limit("user", limits.userRequests(), limits.period());
    addresses = new Limit("address", limits.addressRequests(), limits.period());
  }

  @Override
  public Map<Stage, Handler<RoutingContext>> filters() {
    return enabled
        ? Map.of(
            Stage.USER_RATE_LIMIT, this::checkUser, Stage.ADDRESS_RATE_LIMIT, this::checkAddress)
        : Map.of();
  }

  private void checkUser(RoutingContext request) {
    String subject = SecurityLog.subject(request);
    if (subject == null) {
      request.next();
    } else {
      check(users.admits(subject, request), request);
    }
  }

  /** Counts requests that need no token and have none. */
  private void checkAddress(RoutingContext request) {
    if (SecurityLog.subject(request) == null) {
      check(addresses.admits(address(request), request), request);
    } else {
      request.next();
    }
  }

  private static void check(Future<Boolean> admitted, RoutingContext request) {
    admitted.onSuccess(
        yes -> {
          if (yes) {
            request.next();
          } else {
            ErrorResponses.send(429, request);
          }
        });
  }

  /** The status of an unauthenticated request: 401, or 429 if its address is over the limit. */
  public Future<Integer> unauthenticated(RoutingContext request) {
    return enabled
        ? addresses.admits(address(request), request).map(yes -> yes ? 401 : 429)
        : Future.succeededFuture(401);
  }

  /**
   * Takes more tokens of the current user, for a request that does the work of several. The filter
   * has taken one already. A request needs at most a full bucket.
   *
   * @throws ProblemException (429) if there are not enough; then it takes none
   */
  public void takeMore(long tokens, RoutingContext request) {
    if (enabled && tokens > 0 && !users.admits(SecurityLog.subject(request), tokens, request)) {
      throw ProblemException.tooMany(
          "The request costs %d requests. Retry-After has the seconds to wait."
              .formatted(tokens + 1));
    }
  }

  @Override
  public String name() {
    return "rate limits";
  }

  /** See {@link SharedBuckets#forget}. */
  @Override
  public long erase(String subject) {
    return enabled && shared.forget(users.policy, subject) ? 1 : 0;
  }

  private static String address(RoutingContext request) {
    String address = ClientAddress.of(request);
    InetAddress ip =
        NetUtil.createInetAddressFromIpAddressString(address); // ::ffff:1.2.3.4 is IPv4
    return ip instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(ip.getAddress(), IPV6_PREFIX_BYTES))
        : ip == null ? address : ip.getHostAddress();
  }

  private final class Limit {

    private final String name;
    private final String policy;
    private final BucketConfiguration bucket;
    private final Cache<String, Bucket> buckets;

    private final long capacity;

    Limit(String name, long requests, Duration period) {
      this.name = name;
      capacity = requests;
      nanosPerToken = period.toNanos() / requests;
      policy = '"' + name + "\";q=" + requests + ";w=" + period.toSeconds();
      bucket =
          BucketConfiguration.builder()
              .addLimit(l -> l.capacity(requests).refillGreedy(requests, period))
              .build();
      buckets = Caffeine.newBuilder().maximumSize(BUCKETS_MAX).build();
    }

    /** How long one token takes. */
    private final long nanosPerToken;

    private Bucket bucket(String key) {
      return buckets.get(
          key, absent -> Bucket.builder().addLimit(bucket.getBandwidths()[0]).build());
    }

    /** Never fails, and is complete at once if each instance counts for itself. */
    Future<Boolean> admits(String key, RoutingContext request) {
      return shared
          .take(policy, key, bucket)
          .map(taken -> taken.orElseGet(() -> bucket(key).tryConsumeAndReturnRemaining(1)))
          .map(probe -> report(probe, 0, request));
    }

    /** Takes several tokens on this worker thread, after the one of the request. */
    boolean admits(String key, long tokens, RoutingContext request) {
      long more = Math.min(tokens, capacity - 1);
      return more == 0
          || report(
              shared
                  .takeNow(policy, key, bucket, more)
                  .orElseGet(() -> bucket(key).tryConsumeAndReturnRemaining(more)),
              nanosPerToken, // of the next attempt
              request);
    }

    private boolean report(ConsumptionProbe probe, long moreNanos, RoutingContext request) {
      long full = seconds(probe.getNanosToWaitForReset());
      request
          .response()
          .putHeader("RateLimit-Policy", policy)
          .putHeader("RateLimit", '"' + name + "\";r=" + probe.getRemainingTokens() + ";t=" + full);
      if (!probe.isConsumed()) {
        long wait = Math.max(1, seconds(probe.getNanosToWaitForRefill() + moreNanos));
        request.response().putHeader(HttpHeaders.RETRY_AFTER, Long.toString(wait));
        SecurityLog.note(request, Event.RATE_LIMITED, "too many requests of this " + name);
      }
      return probe.isConsumed();
    }

    private static long seconds(long nanos) {
      return TimeUnit.NANOSECONDS.toSeconds(nanos + TimeUnit.SECONDS.toNanos(1) - 1);
    }
  }
}
