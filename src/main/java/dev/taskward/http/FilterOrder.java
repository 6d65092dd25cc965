package dev.taskward.http;

/**
 * What a request passes before the resources, from top to bottom. Quarkus sorts filters by falling
 * number, and those with the same one as it likes.
 */
final class FilterOrder {

  /** They look on and refuse nothing, so that no refusal is missed. */
  static final int OBSERVERS = Integer.MAX_VALUE;

  static final int LAST_MOMENT = OBSERVERS - 1;
  static final int CLIENT_ADDRESS = OBSERVERS - 2;
  static final int FRAMING = OBSERVERS - 3;
  static final int BODY_TIMEOUT = OBSERVERS - 4;

  /** Quarkus' own CORS has 300. */
  static final int ORIGIN = 301;

  /** Between authentication (200) and authorization (100): who lacks a scope is counted, too. */
  static final int USER_LIMIT = 150;

  /** Who gets here needs no token; the others were counted as they were refused. */
  static final int ADDRESS_LIMIT = 90;

  static final int QUERY = 85;
  static final int PATH = 80;
  static final int BODY_HEAD = 70;

  /** Who went away while his limit was counted. */
  static final int GONE_BEFORE_BODY = 60;

  static final int BODY_BEGIN = 50;
  static final int BODY_END = 40;
  static final int GONE_BEFORE_QUEUE = 30;

  /** The last: who is let in is known, within his limits, and has sent all of his request. */
  static final int OVERLOAD = 20;

  private FilterOrder() {}
}
