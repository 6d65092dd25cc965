import type { Client } from 'openapi-fetch';
import { type Copy, follow, type FollowOptions, type Source } from './follow.js';
import type { components, paths } from './openapi.js';
import { problem } from './problem.js';

type Schemas = components['schemas'];

export type Task = Schemas['Task'];
export type NewTask = Schemas['NewTask'];
export type TaskChange = Schemas['TaskChange'];
export type BatchOperation = Schemas['BatchOperation'];
export type BatchResultItem = Schemas['BatchResultItem'];
export type ListQuery = NonNullable<paths['/api/v1/tasks']['get']['parameters']['query']>;

/** The task as the caller has it. */
export type TaskVersion = Pick<Task, 'id' | 'version'>;

interface Signal {
  signal?: AbortSignal;
}

/** The versions of a task that this client made, one by one, without another client between them. */
interface Series {
  first: number;
  last: number;
  end: Promise<unknown>;
}

const MERGE_PATCH = { 'Content-Type': 'application/merge-patch+json' };

/** The tasks of the current user. All methods throw a `Problem` for an error response. */
export class Tasks {
  readonly #api: Client<paths>;
  readonly #source: Source;
  readonly #series = new Map<number, Series>();

  /** @internal */
  constructor(api: Client<paths>, source: Source) {
    this.#api = api;
    this.#source = source;
  }

  /** All tasks that match, task by task. Reads the next page when it is needed. */
  async *list(query: ListQuery = {}, options: Signal = {}): AsyncGenerator<Task, void, void> {
    for await (const page of this.pages(query, options)) {
      yield* page;
    }
  }

  /** The same, page by page. `limit` is the size of a page. */
  async *pages(query: ListQuery = {}, { signal }: Signal = {}): AsyncGenerator<Task[], void, void> {
    let cursor = query.cursor;
    do {
      const page = this.#api.GET('/api/v1/tasks', { params: { query: { ...query, cursor } }, signal });
      const { data, response } = await success(page);
      yield data;
      cursor = response.headers.get('Next-Cursor') ?? undefined;
    } while (cursor);
  }

  /** `deleted` reads a task of the trash. */
  async get(id: number, { deleted, signal }: { deleted?: boolean } & Signal = {}): Promise<Task> {
    const params = { path: { id }, query: { deleted } };
    return (await success(this.#api.GET('/api/v1/tasks/{id}', { params, signal }))).data;
  }

  async create(task: NewTask, { signal }: Signal = {}): Promise<Task> {
    const params = { header: newKey() };
    return (await success(this.#api.POST('/api/v1/tasks', { params, body: task, signal }))).data;
  }

  /**
   * Changes the fields that are present (JSON merge patch, RFC 7396). Throws a `Conflict` if another
   * client changed the task. Changes of one task are sent one after the other. So a caller can change
   * a task again before the first change has its response.
   */
  async update(task: TaskVersion, change: TaskChange): Promise<Task> {
    const body: TaskChange = JSON.parse(JSON.stringify(change)); // the caller may change it meanwhile
    return this.#inSeries(task, async (header) => {
      const params = { path: { id: task.id }, header };
      const request = this.#api.PATCH('/api/v1/tasks/{id}', { params, body, headers: MERGE_PATCH });
      return (await success(request)).data;
    });
  }

  /** Moves the task to the trash. */
  async delete(task: TaskVersion): Promise<void> {
    await this.#inSeries(task, async (header) => {
      const params = { path: { id: task.id }, header };
      const { response } = await success(this.#api.DELETE('/api/v1/tasks/{id}', { params }));
      return { version: Number(response.headers.get('ETag')?.replace(/\D/g, '')) };
    });
  }

  /** Moves the task out of the trash. */
  async restore(task: TaskVersion): Promise<Task> {
    return this.#inSeries(task, async (header) => {
      const params = { path: { id: task.id }, header };
      return (await success(this.#api.POST('/api/v1/tasks/{id}/restore', { params }))).data;
    });
  }

  /** Removes a deleted task for good. */
  async remove(task: TaskVersion): Promise<void> {
    await this.#inSeries(task, async (header) => {
      const params = { path: { id: task.id }, header, query: { permanent: true } };
      await success(this.#api.DELETE('/api/v1/tasks/{id}', { params }));
      return task;
    });
  }

  /** Removes all deleted tasks for good. */
  async emptyTrash(): Promise<void> {
    await success(this.#api.DELETE('/api/v1/tasks', { params: { query: { deleted: true } } }));
  }

  /** Does up to 100 operations, or none of them. The problem has the `failures`. */
  async batch(operations: BatchOperation[], { signal }: Signal = {}): Promise<BatchResultItem[]> {
    const options = { params: { header: newKey() }, body: { operations }, signal };
    return (await success(this.#api.POST('/api/v1/tasks/batch', options))).data.results;
  }

  /** Keeps a copy of all tasks, deleted ones included. Returns it at first and after each change. */
  follow(options: FollowOptions = {}): AsyncGenerator<Copy, void, void> {
    return follow(this.#source, options);
  }

  #inSeries<T extends { version: number }>(
    { id, version }: TaskVersion,
    send: (header: ReturnType<typeof newKey> & { 'If-Match': string }) => Promise<T>,
  ): Promise<T> {
    const series = this.#series.get(id) ?? { first: version, last: version, end: Promise.resolve() };
    this.#series.set(id, series);
    const result = series.end.then(async () => {
      const own = version >= series.first && version <= series.last;
      const base = own ? series.last : version;
      const changed = await send({ ...newKey(), 'If-Match': `"${base}"` });
      series.first = own ? series.first : base;
      series.last = changed.version;
      return changed;
    });
    const end = () => {};
    series.end = result.then(end, end);
    return result;
  }
}

/** A key of 128 random bits. `crypto.randomUUID` is absent on pages without TLS. */
function newKey(): { 'Idempotency-Key': string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { 'Idempotency-Key': Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** @internal */
export async function success<T>(
  request: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await request;
  if (!response.ok) {
    throw problem(response, error);
  }
  return { data: data as T, response };
}
