package dev.taskward.mcp;

import dev.taskward.SmallLimits;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Tools for agents, with scopes and rate limits, at a public URL with a path. */
public class Agents implements QuarkusTestProfile {

  public static final String PUBLIC_URL = "https://example.com/tasks-api";

  /** Quarkus gives it to some integration tests by its other name. Both must be equal. */
  public static final String ISSUER = "https://quarkus.io/issuer";

  public static final int REQUESTS = 100;

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.ofEntries(
        Map.entry("taskward.mcp", "true"),
        Map.entry("taskward.public-url", PUBLIC_URL + "/"),
        Map.entry("taskward.tokens.issuer", ISSUER),
        Map.entry("taskward.tokens.audiences", "taskward"),
        Map.entry("taskward.scopes.required", "true"),
        Map.entry("taskward.cors.origins", SmallLimits.ORIGIN),
        Map.entry("taskward.proxy.trusted", "127.0.0.1"),
        Map.entry("taskward.rate-limit.enabled", "true"),
        Map.entry("taskward.rate-limit.user-requests", Integer.toString(REQUESTS)),
        Map.entry("taskward.rate-limit.address-requests", "100000"),
        Map.entry("taskward.rate-limit.period", "24h"));
  }
}
