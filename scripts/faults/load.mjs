// Concurrent writers that record the acknowledged states, and compare each response with them.
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { call } from '../benchmark/service.mjs';
import { sleep } from '../prove-tokens/world.mjs';

/** After this time PostgreSQL has finished the statements of disconnected clients. */
const REST_MILLIS = 2_000;
/** The limit for a frozen database in docs/operations.md, and a second more for this machine. */
export const BOUND_MILLIS = 16_000;
const MERGE_PATCH = { 'Content-Type': 'application/merge-patch+json' };

const random = (n) => Math.floor(Math.random() * n);
const any = (list) => list[random(list.length)];

/** How each request changes a task's state; null means that the request finds no task (404). */
const present = (change) => (state) => (state.deleted ? null : change(state));
const next = (state, change) => ({ ...state, ...change, version: state.version + 1 });
const REQUESTS = {
  read: () => ({ method: 'GET', apply: present((s) => s) }),
  change: (title) => ({
    ...{ method: 'PUT', body: { title } },
    apply: present((s) => next(s, { title })),
  }),
  patch: (title) => ({
    ...{ method: 'PATCH', body: { title }, headers: MERGE_PATCH },
    apply: present((s) => next(s, { title })),
  }),
  toggle: () => ({
    ...{ method: 'PATCH', path: '/complete' },
    apply: present((s) => next(s, { completed: !s.completed })),
  }),
  remove: () => ({ method: 'DELETE', apply: present((s) => next(s, { deleted: true })) }),
  restore: () => ({
    ...{ method: 'POST', path: '/restore' },
    apply: (s) => (s.deleted ? next(s, { deleted: false }) : s),
  }),
};
const MIX = 'read change change patch toggle toggle toggle remove restore restore'.split(' ');

export const stateOf = ({ title, completed, deleted, version }) => ({
  ...{ title, completed, deleted, version },
});
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const distinct = (states) => [...new Map(states.map((s) => [JSON.stringify(s), s])).values()];

export class Load {
  acknowledged = 0;
  unknown = 0;
  repeats = 0;
  /** Lost responses: the request was done, as its repeat showed. */
  replayed = 0;
  unavailable = 0;
  slowest = 0;
  contradictions = [];
  /** During a fault that may leave statements running, tasks in doubt are not changed. */
  isFault = false;
  #faultEnded = -Infinity;
  /** All tasks that were created, or may have been. */
  tasks = [];
  #ids = new Set();
  /** For each user, the last successful request with a key. */
  lastAnswers = [];
  #isRunning = true;
  #number = 0;

  /** @param instances receive requests in turn while they are up */
  constructor(instances, tokens) {
    this.instances = instances;
    this.tokens = tokens;
    this.agent = new Agent({ keepAlive: true });
    this.hot = [];
  }

  /** Creates tasks that all writers toggle at the same time. */
  async makeHot(count) {
    for (let user = 0; user < count; user++) {
      const { text } = await this.#send(user, { method: 'POST', body: { title: 'hot' } }, true);
      this.hot.push({ user, id: JSON.parse(text).id, versions: new Set(), unknown: 0 });
    }
  }

  start(writers, pauseMillis) {
    this.writers = Array.from({ length: writers }, (_, i) => this.#write(i, writers, pauseMillis));
  }

  async stop() {
    this.#isRunning = false;
    await Promise.all(this.writers);
    this.agent.destroy();
  }

  faultIsOver() {
    this.isFault = false;
    this.#faultEnded = performance.now();
  }

  async #write(writer, writers, pauseMillis) {
    const own = [];
    while (this.#isRunning) {
      const usable = own.filter((task) => !this.#isInDoubt(task));
      const dice = Math.random();
      if (dice < 0.1) {
        await this.#toggleHot(any(this.hot));
      } else if (dice < 0.3 || usable.length === 0) {
        const users = Math.floor((this.tokens.length - 1 - writer) / writers) + 1;
        const task = await this.#create(writer + writers * random(users));
        if (task.id !== undefined) {
          own.push(task);
          own.splice(0, own.length - 20); // older ones do not change any more
        }
      } else {
        await this.#change(any(usable));
      }
      await sleep(2 * pauseMillis * Math.random());
    }
  }

  #isInDoubt({ doubtedAt = -Infinity }) {
    const since = performance.now() - REST_MILLIS;
    return doubtedAt > since || (doubtedAt > -Infinity && (this.isFault || this.#faultEnded > since));
  }

  async #create(user) {
    const description = `create ${this.#number++}`;
    const first = { title: description, completed: false, deleted: false, version: 1 };
    const task = { user, description, id: undefined, states: [first] };
    this.tasks.push(task);
    const body = { title: description, description };
    const answer = await this.#send(user, { method: 'POST', body }, Math.random() < 0.5);
    if (answer?.status === 201) {
      task.id = JSON.parse(answer.text).id;
      this.#acknowledge(task, { method: 'POST', apply: (s) => s }, answer);
      if (this.#ids.has(task.id)) {
        this.contradictions.push(`Id ${task.id} was assigned twice`);
      }
      this.#ids.add(task.id);
    } else if (answer !== undefined) {
      this.#unexpected('POST', task, answer);
    }
    return task;
  }

  async #change(task) {
    const request = REQUESTS[any(MIX)](`change ${this.#number++}`);
    const path = `/${task.id}${request.path ?? ''}`;
    const isKeyed = ['POST', 'PATCH'].includes(request.method) && Math.random() < 0.5;
    const answer = await this.#send(task.user, { ...request, path }, isKeyed);
    if (answer !== undefined) {
      this.#acknowledge(task, request, answer);
    } else if (request.method !== 'GET') {
      const done = task.states.map(request.apply).filter((state) => state !== null);
      task.states = distinct([...task.states, ...done]);
      task.doubtedAt = performance.now();
    }
  }

  /** Keeps those possible states of the task that agree with the response. */
  #acknowledge(task, { method, apply }, answer) {
    const done = task.states.map((state) => [state, apply(state)]);
    let after = [];
    if (answer.status === 404) {
      after = done.filter(([, state]) => state === null).map(([before]) => before);
    } else if (answer.status === 204) {
      const version = Number(answer.headers.etag.slice(1, -1));
      after = done.map(([, state]) => state).filter((state) => state?.version === version);
    } else if (answer.status === 200 || answer.status === 201) {
      const answered = stateOf(JSON.parse(answer.text));
      after = done.map(([, state]) => state).filter((state) => state && same(state, answered));
    }
    if (after.length === 0) {
      this.#unexpected(method, task, answer);
    } else {
      task.states = distinct(after);
      delete task.doubtedAt;
    }
  }

  #unexpected(method, { id, description, states }, { status, text }) {
    this.contradictions.push(
      `${method} of task ${id} (${description}): ${status} ${text}; it was ${JSON.stringify(states)}`,
    );
  }

  async #toggleHot(task) {
    const request = { method: 'PATCH', path: `/${task.id}/complete` };
    const answer = await this.#send(task.user, request, Math.random() < 0.5);
    if (answer === undefined) {
      task.unknown++;
      return;
    }
    const { version } = JSON.parse(answer.text);
    if (answer.status !== 200 || task.versions.has(version)) {
      this.contradictions.push(`Toggle of hot task ${task.id}: ${answer.status} ${answer.text}`);
    }
    task.versions.add(version);
  }

  /** Undefined if the outcome is unknown. A request with a key is repeated until the outcome is known. */
  async #send(user, request, isKeyed) {
    const headers = {
      ...request.headers,
      ...(isKeyed ? { 'Idempotency-Key': randomUUID() } : {}),
    };
    const began = performance.now();
    let answer = await this.try(user, { ...request, headers });
    while (isKeyed && (answer === undefined || answer.status === 409)) {
      if (performance.now() - began > 120_000) {
        this.contradictions.push(`No response to ${JSON.stringify(request)} and its repeats`);
        return undefined;
      }
      this.repeats++;
      await sleep(50);
      answer = await this.try(user, { ...request, headers });
    }
    if (answer === undefined) {
      this.unknown += request.method === 'GET' ? 0 : 1;
    } else {
      this.acknowledged += request.method !== 'GET' && answer.status < 300 ? 1 : 0;
      this.replayed += answer.headers['idempotency-replayed'] ? 1 : 0;
      if (isKeyed && answer.status < 300) {
        this.lastAnswers[user] = { request: { ...request, headers }, answer };
      }
    }
    return answer;
  }

  /** One attempt; undefined if the outcome is unknown. */
  async try(user, { method, path, body, headers }) {
    for (;;) {
      const instance = any(this.instances.filter(({ isUp }) => isUp));
      if (instance === undefined) {
        await sleep(20);
        continue;
      }
      const began = performance.now();
      try {
        const json = body && JSON.stringify(body);
        const options = { headers, agent: this.agent, timeoutMillis: 60_000 };
        const { service } = instance;
        const answer = await call(service, this.tokens[user], method, path, json, options);
        if (answer.status !== 503) {
          return answer;
        }
        this.unavailable++;
        this.#checkUnavailable(answer);
        await sleep(50);
        return undefined;
      } catch ({ code }) {
        await sleep(20);
        if (code !== 'ECONNREFUSED') {
          return undefined;
        } // else no process received it
      } finally {
        this.slowest = Math.max(this.slowest, performance.now() - began);
      }
    }
  }

  #checkUnavailable({ headers, text }) {
    if (headers['content-type'] !== 'application/problem+json' || !headers['retry-after']) {
      this.contradictions.push(`A 503 is not a problem document: ${JSON.stringify(headers)} ${text}`);
    }
  }
}
