import { retryAfter } from './problem.js';

export interface Options {
  /** The address of the service, without `/api`. */
  baseUrl: string;
  /**
   * Returns a token. The client keeps it until the service refuses it. `refused` is that token: return
   * a new one then.
   */
  token: (refused?: string) => string | Promise<string>;
  /** How often a request is repeated after a network error, 429, 502, 503 or 504. 4 by default. */
  retries?: number;
  /** The seconds to wait for a response. 30 by default. */
  timeout?: number;
  /** Replaces the `fetch` of the platform. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A longer `Retry-After` is left to the caller. */
const WAIT_MAX_SECONDS = 60;

/** Sends requests with a token. Repeats those that can be repeated without harm. */
export class Transport {
  readonly #options: Options;
  readonly #fetch: (request: Request) => Promise<Response>;
  #token: Promise<string> | undefined;
  #refused: string | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((request) => fetch(request));
  }

  /** Returns the last response, or throws the last network error. */
  async send(request: Request, retries = this.#options.retries ?? 4): Promise<Response> {
    const repeats = isRepeatable(request) ? retries : 0;
    let renewed = false;
    for (let attempt = 0; ; attempt++) {
      const token = await this.#currentToken();
      const response = await this.#attempt(request, token).catch((error: unknown) => {
        if (request.signal.aborted || attempt >= repeats) {
          throw error;
        }
      });
      if (response?.status === 401 && !renewed) {
        renewed = true;
        attempt--;
        await response.body?.cancel();
        await this.renewToken(token);
        continue;
      }
      const wait = response ? (retryAfter(response) ?? backoff(attempt)) : backoff(attempt);
      if (response && (!isTemporary(response) || attempt >= repeats || wait > WAIT_MAX_SECONDS)) {
        return response;
      }
      await response?.body?.cancel();
      await pause(wait, request.signal);
    }
  }

  /** Bounds the time until the response begins. */
  async #attempt(request: Request, token: string): Promise<Response> {
    const abort = new AbortController();
    const end = () => abort.abort(request.signal.reason);
    const timer = setTimeout(
      () => abort.abort(new DOMException('The service did not respond in time.', 'TimeoutError')),
      1000 * (this.#options.timeout ?? 30),
    );
    request.signal.addEventListener('abort', end);
    try {
      const copy = new Request(request.clone(), { signal: abort.signal });
      copy.headers.set('Authorization', `Bearer ${token}`);
      request.signal.throwIfAborted();
      return await this.#fetch(copy);
    } finally {
      clearTimeout(timer);
    }
  }

  #currentToken(): Promise<string> {
    if (this.#token === undefined) {
      const token = Promise.resolve(this.#options.token(this.#refused));
      token.catch(() => (this.#token = undefined)); // the next request asks again
      this.#token = token;
    }
    return this.#token;
  }

  /** Asks for another token than this one, or than the current one. Requests at the same time share it. */
  async renewToken(refused?: string): Promise<void> {
    const current = await this.#currentToken();
    if (refused === undefined || refused === current) {
      this.#refused = current;
      this.#token = undefined;
    }
  }
}

/** Idempotent methods (RFC 9110, 9.2.2), and those that an `Idempotency-Key` makes so. */
function isRepeatable(request: Request): boolean {
  return !['POST', 'PATCH'].includes(request.method) || request.headers.has('Idempotency-Key');
}

/** 409 has `Retry-After` while the first request with the same key is under way. */
function isTemporary(response: Response): boolean {
  return (
    [429, 502, 503, 504].includes(response.status) ||
    (response.status === 409 && response.headers.has('Retry-After'))
  );
}

/** Seconds: 0.25, 0.5, 1, …, each up to twice as long at random. */
export function backoff(attempt: number): number {
  return 0.25 * 2 ** Math.min(attempt, 5) * (1 + Math.random());
}

/** Ends early with the reason of the signal. */
export function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, 1000 * seconds);
    if (signal?.aborted) {
      end();
    }
    signal?.addEventListener('abort', end, { once: true });
  });
}
