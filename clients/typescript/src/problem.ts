import type { components } from './openapi.js';

type Document = components['schemas']['Problem'];
type Task = components['schemas']['Task'];

/** An error response. Its fields are those of the problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly status: number;
  /** A URN such as `urn:taskward:problem:batch-refused`, or `about:blank`. */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  /** The invalid fields. Empty if the status is not 400. */
  readonly errors: NonNullable<Document['errors']>;
  /** The operations that failed. Empty except for a refused batch. */
  readonly failures: NonNullable<Document['failures']>;
  /** Identifies the request in the log of the service. Empty if a proxy sent the response. */
  readonly traceId: string;
  /** The seconds to wait before the next attempt, from `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, document: Partial<Document>) {
    super(`${response.status} ${document.detail ?? response.statusText}`);
    this.status = response.status;
    this.type = document.type ?? 'about:blank';
    this.title = document.title ?? response.statusText;
    this.detail = document.detail ?? `The response has the status ${response.status}.`;
    this.errors = document.errors ?? [];
    this.failures = document.failures ?? [];
    this.traceId = document.trace_id ?? '';
    this.retryAfter = retryAfter(response);
  }
}

/** The task has changed since the caller read it (412). */
export class Conflict extends Problem {
  override readonly name = 'Conflict';
  /** The task as it is now. */
  readonly current: Task;

  constructor(response: Response, document: Partial<Document>, current: Task) {
    super(response, document);
    this.current = current;
  }
}

/** The error for a response that is not successful. The body can also be the text of a proxy. */
export function problem(response: Response, body: unknown): Problem {
  const document: Partial<Document> = typeof body === 'object' && body !== null ? body : {};
  return response.status === 412 && document.current
    ? new Conflict(response, document, document.current)
    : new Problem(response, document);
}

/** The seconds of `Retry-After` (RFC 9110, 10.2.3). Dates are ignored, because Taskward sends none. */
export function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('Retry-After');
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}
