package dev.taskward.pipeline;

/**
 * What a request passes before a resource, from top to bottom: the table of contents of a request.
 * {@link Pipeline} registers the filters.
 *
 * <p>Quarkus runs filters by falling priority. Its own filters stand between ours: CORS at 300,
 * authentication at 200, authorization at 100. JAX-RS runs the filters of the constants, around the
 * resource.
 */
public enum Stage {
  /** Installs the HTTP/1.1 connection handlers, where Netty did not do it (dev mode, tests). */
  CONNECTION(1_000),
  /** Ends the deadline for the request's head; also on the management port. */
  HEAD_DEADLINE(990),
  /** Gives the request its trace id, for the log and for problem documents. */
  TRACE_ID(980),
  /** Sets the headers that every response has. */
  RESPONSE_HEADERS(970),
  /** Sets them on the management port, without CORS. */
  MANAGEMENT_RESPONSE_HEADERS(960),
  /** Writes one log line for each request, if configured. */
  ACCESS_LOG(950),
  /** Measures count, errors and duration. */
  METRICS(940),
  /** Notes that the client disconnected. */
  DISCONNECT(930),
  /** Returns 503 when the service shuts down and its delay is over. */
  SHUTDOWN(920),
  /** Reads the client's address and the public URL from a trusted proxy's headers. */
  CLIENT_ADDRESS(910),
  /** Returns 400 for a head that RFC 9112 does not allow. */
  FRAMING(900),
  /** Starts the time limit for the request's body. */
  BODY_TIMEOUT(890),
  /** Returns 403 for pages of other origins that call the tools for agents. */
  MCP_ORIGIN(302),
  /** Returns 403 for pages of origins that CORS does not allow. */
  ORIGIN(301),
  /** Counts an authenticated request for the user's rate limit, whatever its scopes are. */
  USER_RATE_LIMIT(150),
  /** Counts a request that needs no token for the address' rate limit. */
  ADDRESS_RATE_LIMIT(90),
  /** Returns 400 for a query that is not percent-encoded. */
  QUERY(85),
  /** Returns 404 or 405 under /q, where Quarkus has no problem document. */
  DOCS(80),
  /** Serves the metadata that says where tokens come from. */
  RESOURCE_METADATA(75),
  /** Returns 413 or 415 for a body that the head announces as too large or encoded. */
  BODY_HEAD(70),
  /** Stops requests whose client disconnected while its rate limit was counted. */
  DISCONNECTED_BEFORE_BODY(60),
  /** Reads the body, up to the size limit. */
  BODY_BEGIN(50),
  /** Stops the time limit: the body was read. */
  BODY_END(40),
  /** Stops requests whose client disconnected while its body was read. */
  DISCONNECTED_BEFORE_ADMISSION(30),
  /** Admits the request to the worker threads, makes it wait, or returns 503. */
  ADMISSION(20),
  /** Checks the message to a tool for agents. It is the last filter: the MCP server is next. */
  MCP(10);

  /** In JAX-RS, before matching: rewrites the path without a version to the newest version's. */
  public static final int VERSION_ALIAS = 1;

  /** In JAX-RS, before matching: decides whether {@code Accept} allows JSON. */
  public static final int ACCEPT = 2;

  /** In JAX-RS, after matching: refuses query parameters that the operation does not take. */
  public static final int PARAMETERS = 2_000;

  /** In JAX-RS, after matching: returns 503 if the request waited too long for its thread. */
  public static final int LATE = 1_000;

  /**
   * In JAX-RS, response: sets {@code ETag}, and 304 if the client has the current representation.
   */
  public static final int ENTITY_TAG = 5_000;

  /** In JAX-RS, response: sets {@code Allow} and {@code Accept-Patch}. */
  public static final int ALLOW = 5_000;

  final int priority;

  Stage(int priority) {
    this.priority = priority;
  }
}
