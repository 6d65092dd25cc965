import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { components } from './openapi.js';
import { Problem, problem } from './problem.js';
import { backoff, pause } from './transport.js';

type Task = components['schemas']['Task'];

/** All tasks of the user, deleted ones included, as of a cursor. Store both parts together. */
export interface Copy {
  readonly tasks: readonly Task[];
  readonly cursor: string;
}

export interface FollowOptions {
  /** A copy of before, to begin with its cursor. */
  copy?: Copy;
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** Called when the stream begins, and when it breaks, with the error of the last attempt. */
  onConnection?: (connected: boolean, error?: unknown) => void;
}

/** Where the events come from. */
export interface Source {
  open(cursor: string, signal: AbortSignal): Promise<Response>;
  renewToken(response: Response): Promise<void>;
}

/** The service sends at least a comment every 25 s. */
const SILENCE_SECONDS = 60;

/** Network errors pass, and so does the load of the service. */
function isFinal(error: unknown): boolean {
  return error instanceof Problem && error.status < 500 && error.status !== 429;
}

/**
 * Keeps a copy by a stream of Server-Sent Events. Returns it whenever it is up to date. Connects again
 * after each end of the stream. Throws a `Problem` only if another attempt cannot help.
 */
export async function* follow(
  { open, renewToken }: Source,
  { copy, signal, onConnection }: FollowOptions,
): AsyncGenerator<Copy, void, void> {
  let tasks = new Map(copy?.tasks.map((task) => [task.id, task]));
  let cursor = copy?.cursor ?? '';
  let connected: boolean | undefined;
  const report = (now: boolean, error?: unknown) =>
    connected !== now && onConnection?.((connected = now), error);
  for (let attempt = 0; !signal?.aborted; attempt++) {
    let wait = backoff(attempt);
    let expired = false;
    let failure: unknown;
    const stream = new AbortController();
    const end = () => stream.abort();
    signal?.addEventListener('abort', end);
    try {
      const response = await open(cursor, stream.signal);
      if (response.status === 410 && cursor !== '') {
        tasks = new Map(); // tasks that were removed for good do not come again
        cursor = '';
        continue;
      }
      if (!response.ok || response.body === null) {
        throw problem(response, await response.json().catch(() => null));
      }
      report(true);
      for await (const event of events(response.body, stream, (seconds) => (wait = seconds))) {
        attempt = 0;
        cursor = event.id ?? cursor; // `end` has none
        if (event.event === 'task') {
          const task = JSON.parse(event.data) as Task;
          if (task.version >= (tasks.get(task.id)?.version ?? 0)) {
            tasks.set(task.id, task);
          }
        } else if (event.event === 'up-to-date' && !signal?.aborted) {
          yield { tasks: [...tasks.values()], cursor };
        } else if (event.event === 'end' && JSON.parse(event.data).reason === 'token_expired') {
          expired = true;
          wait = backoff(0);
          await renewToken(response);
        }
      }
    } catch (error) {
      if (isFinal(error)) {
        report(false, error);
        throw error;
      }
      failure = error;
      wait = (error instanceof Problem && error.retryAfter) || wait;
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
    if (!signal?.aborted) {
      report(expired, failure);
      await pause(wait, signal).catch(() => undefined);
    }
  }
}

/** The events of one stream. Ends it after a long silence: the connection is broken then. */
async function* events(
  body: ReadableStream<Uint8Array>,
  stream: AbortController,
  onRetry: (seconds: number) => void,
): AsyncGenerator<EventSourceMessage> {
  const received: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => received.push(event),
    onRetry: (milliseconds) => onRetry(milliseconds / 1000),
  });
  const reader = body.getReader();
  stream.signal.addEventListener('abort', () => reader.cancel().catch(() => undefined));
  const decoder = new TextDecoder();
  for (;;) {
    const silence = setTimeout(() => stream.abort(), 1000 * SILENCE_SECONDS);
    const chunk = await reader.read().finally(() => clearTimeout(silence));
    if (chunk.done) {
      return;
    }
    parser.feed(decoder.decode(chunk.value, { stream: true }));
    yield* received.splice(0);
  }
}
