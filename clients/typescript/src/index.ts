import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './openapi.js';
import { success, Tasks } from './tasks.js';
import { type Options, Transport } from './transport.js';

export type { Copy, FollowOptions } from './follow.js';
export type { components, paths } from './openapi.js';
export { Conflict, Problem } from './problem.js';
export type {
  BatchOperation,
  BatchResultItem,
  ListQuery,
  NewTask,
  Task,
  TaskChange,
  Tasks,
  TaskVersion,
} from './tasks.js';
export type { Options } from './transport.js';

export type Me = components['schemas']['Me'];

/** A Taskward service, used as one user. */
export class Taskward {
  readonly tasks: Tasks;
  /**
   * All operations with their types. Requests have a token. They are repeated if the method is
   * idempotent, or with an `Idempotency-Key`.
   */
  readonly api: Client<paths>;

  constructor(options: Options) {
    const transport = new Transport(options);
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.api = createClient<paths>({ baseUrl, fetch: (request) => transport.send(request) });
    this.tasks = new Tasks(this.api, {
      open(cursor, signal) {
        const position: Record<string, string> = cursor ? { 'Last-Event-ID': cursor } : {};
        const headers = { Accept: 'text/event-stream', ...position };
        return transport.send(new Request(`${baseUrl}/api/v1/tasks/changes`, { headers, signal }), 0);
      },
      renewToken: (response) => transport.renewToken(response),
    });
  }

  /** The user and the scopes of the token, and the numbers of tasks. */
  async me(): Promise<Me> {
    return (await success(this.api.GET('/api/v1/me'))).data;
  }
}
