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
  /** The seconds to wait for a token, and for a response. 30 by default. */
  timeout?: number;
  /** Replaces the `fetch` of the platform. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A longer `Retry-After` is left to the caller. */
const WAIT_MAX_SECONDS = 60;

/** These bodies are read by the caller, piece by piece. */
const STREAMS = /event-stream|ndjson/;

/** Sends requests with a token. Repeats those that can be repeated without harm. */
export class Transport {
  readonly #options: Options;
  readonly #fetch: (request: Request) => Promise<Response>;
  readonly #tokens = new WeakMap<Response, string>();
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
      const token = await this.#bounded(request, async () => this.#currentToken()).catch((error: unknown) => {
        this.#token = undefined; // the next request asks again
        throw error;
      });
      const response = await this.#bounded(request, (signal) => this.#exchange(request, token, signal)).catch(
        (error: unknown) => {
          if (request.signal.aborted || attempt >= repeats) {
            throw error;
          }
        },
      );
      if (response?.status === 401 && !renewed) {
        renewed = true;
        attempt--;
        await this.renewToken(response);
        continue;
      }
      const wait = (response && retryAfter(response)) ?? backoff(attempt);
      if (response && (!isTemporary(response) || attempt >= repeats || wait > WAIT_MAX_SECONDS)) {
        return response;
      }
      await pause(wait, request.signal);
    }
  }

  /** Rejects at the time limit, or with the reason of the request's signal. */
  #bounded<T>({ signal }: Request, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const end = (reason: unknown) => {
        abort.abort(reason);
        reject(reason);
      };
      const late = () => end(new DOMException('The service did not respond in time.', 'TimeoutError'));
      const timer = setTimeout(late, Math.min(1000 * (this.#options.timeout ?? 30), 2 ** 31 - 1));
      signal.addEventListener('abort', () => end(signal.reason));
      if (signal.aborted) {
        end(signal.reason);
      }
      run(abort.signal)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** A body that is cut, or that a proxy sent in place of the service, is a network error. */
  async #exchange(request: Request, token: string, signal: AbortSignal): Promise<Response> {
    const copy = new Request(request.clone(), { signal });
    copy.headers.set('Authorization', `Bearer ${token}`);
    let response = await this.#fetch(copy);
    if (!STREAMS.test(response.headers.get('Content-Type') ?? '')) {
      const text = await response.text();
      if (response.ok && response.status !== 204 && request.method !== 'HEAD') {
        try {
          JSON.parse(text);
        } catch {
          throw new TypeError('The response is cut, or not from Taskward.');
        }
      }
      response = new Response(text || null, response);
    }
    this.#tokens.set(response, token);
    return response;
  }

  #currentToken(): Promise<string> {
    this.#token ??= Promise.resolve(this.#options.token(this.#refused));
    return this.#token;
  }

  /** Asks for another token than that of this response. Requests at the same time share the new one. */
  async renewToken(response: Response): Promise<void> {
    const token = this.#tokens.get(response);
    if ((await this.#currentToken()) === token) {
      this.#refused = token;
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

/** Waits at most 5 minutes. Ends early with the reason of the signal. */
export function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', end);
        resolve();
      },
      1000 * Math.min(seconds, 300),
    );
    if (signal?.aborted) {
      end();
    }
    signal?.addEventListener('abort', end, { once: true });
  });
}
