import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Conflict, Problem, Taskward, type Copy, type NewTask, type Task } from 'taskward';
import { World, token } from './world.js';

let world: World;
let user: string;
let client: Taskward;

before(async () => {
  world = await World.start();
});
after(() => world.stop());
beforeEach(() => {
  user = crypto.randomUUID();
  client = world.client(user);
});

async function titles(tasks: AsyncIterable<Task>): Promise<string[]> {
  const all: string[] = [];
  for await (const task of tasks) {
    all.push(task.title);
  }
  return all;
}

function shown(copy: Copy): string[] {
  return copy.tasks.filter((task) => !task.deleted).map((task) => task.title);
}

/** The next copy that fulfils the condition. */
async function until(copies: AsyncGenerator<Copy>, condition: (copy: Copy) => boolean): Promise<Copy> {
  for (;;) {
    const copy = await copies.next();
    assert.ok(!copy.done, 'the iteration ended');
    if (condition(copy.value)) {
      return copy.value;
    }
  }
}

async function rejection(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem, String(error));
  return error;
}

describe('tasks', () => {
  it('lists all pages, task by task and page by page', async () => {
    for (const title of ['one', 'two', 'three', 'four', 'five']) {
      await client.tasks.create({ title, completed: title === 'two' });
    }

    assert.deepEqual(await titles(client.tasks.list({ sort: 'created_at', limit: 2 })), [
      'one',
      'two',
      'three',
      'four',
      'five',
    ]);
    assert.deepEqual(await titles(client.tasks.list({ completed: true })), ['two']);
    const sizes: number[] = [];
    for await (const page of client.tasks.pages({ limit: 2 })) {
      sizes.push(page.length);
    }
    assert.deepEqual(sizes, [2, 2, 1]);
  });

  it('reads the next page only when it is needed', async () => {
    let requests = 0;
    const counting = world.client(user, { fetch: (request) => (requests++, fetch(request)) });
    await client.tasks.create({ title: 'one' });
    await client.tasks.create({ title: 'two' });

    const pages = counting.tasks.pages({ limit: 1 });
    await pages.next();
    assert.equal(requests, 1);
    await pages.next();
    assert.equal(requests, 2);
  });

  it('sends a parameter that comes several times', async () => {
    await client.tasks.create({ title: 'both', tags: ['a', 'b+&'] });
    await client.tasks.create({ title: 'one', tags: ['a'] });

    assert.deepEqual(await titles(client.tasks.list({ tag: ['a', 'b+&'] })), ['both']);
  });

  it('creates, reads, deletes, restores and removes', async () => {
    const task = await client.tasks.create({ title: 'Buy milk', due: '2026-01-14', priority: 'high' });
    assert.equal(task.priority, 'high');
    assert.deepEqual(await client.tasks.get(task.id), task);

    await client.tasks.delete(task);
    assert.equal((await rejection(client.tasks.get(task.id))).status, 404);
    assert.equal((await client.tasks.get(task.id, { deleted: true })).version, 2);
    assert.equal((await client.tasks.restore(task)).version, 3);
    await client.tasks.delete(task);
    await client.tasks.remove(task);
    assert.equal((await rejection(client.tasks.get(task.id, { deleted: true }))).status, 404);

    await client.tasks.delete(await client.tasks.create({ title: 'Buy tea' }));
    await client.tasks.emptyTrash();
    const { quota, ...counts } = (await client.me()).tasks;
    assert.deepEqual(counts, { open: 0, completed: 0, deleted: 0 });
  });

  it('runs a batch, or reports all failures', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });
    const results = await client.tasks.batch([
      { op: 'create', task: { title: 'Buy tea' } },
      { op: 'complete', id: task.id, completed: true },
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      [201, 200],
    );

    const problem = await rejection(
      client.tasks.batch([
        { op: 'create', task: { title: 'Buy coffee' } },
        { op: 'delete', id: task.id, if_version: 1 },
        { op: 'restore', id: 4_000_000_000 },
      ]),
    );
    assert.equal(problem.type, 'urn:taskward:problem:batch-refused');
    assert.deepEqual(
      problem.failures.map(({ operation, status }) => [operation, status]),
      [
        [1, 412],
        [2, 404],
      ],
    );
    assert.equal((await titles(client.tasks.list())).length, 2);
  });

  it('reaches no other user', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });
    const other = world.client(`${user}-other`);

    const problem = await rejection(other.tasks.update(task, { title: 'Stolen' }));
    assert.equal(problem.status, 403);
    assert.ok(!(problem instanceof Conflict));
    assert.deepEqual(await titles(other.tasks.list()), []);
  });
});

describe('series', () => {
  it('sends quick changes of a task one after the other', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });

    const changed = await Promise.all([
      client.tasks.update(task, { title: 'Buy oat milk' }),
      client.tasks.update(task, { description: 'Two litres' }),
      client.tasks.update(task, { completed: true }),
    ]);
    assert.deepEqual(
      changed.map(({ version }) => version),
      [2, 3, 4],
    );
    assert.equal((await client.tasks.update(task, { priority: 'low' })).version, 5);
    assert.equal((await client.tasks.update(changed[1], { priority: null })).version, 6);
    await client.tasks.delete(task);
    assert.equal((await client.tasks.restore(task)).version, 8);
  });

  it('reports a conflict with another client, with the current task', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });
    const mine = await client.tasks.update(task, { description: 'Two litres' });
    const theirs = await world.client(user).tasks.update(mine, { title: 'Buy oat milk' });

    const results = await Promise.allSettled([
      client.tasks.update(mine, { title: 'Buy soy milk' }),
      client.tasks.update(mine, { completed: true }),
    ]);
    for (const result of results) {
      assert.ok(result.status === 'rejected' && result.reason instanceof Conflict);
      assert.deepEqual(result.reason.current, theirs);
    }
    assert.equal((await client.tasks.update(theirs, { title: 'Buy soy milk' })).version, 4);
    // The task as it was before the other client's change conflicts still.
    assert.equal((await rejection(client.tasks.update(mine, { title: 'Buy milk' }))).status, 412);
  });

  it('sends the change as it was at the call', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });
    const form = { title: 'Buy oat milk' };

    const changed = client.tasks.update(task, form);
    form.title = '';
    assert.equal((await changed).title, 'Buy oat milk');
  });

  it('continues after a deletion whose ETag a proxy made weak', async () => {
    const weakening = world.client(user, {
      async fetch(request) {
        const response = await fetch(request);
        const headers = new Headers(response.headers);
        headers.set('ETag', `W/${headers.get('ETag')}`);
        return new Response(response.body, { status: response.status, headers });
      },
    });
    const task = await weakening.tasks.create({ title: 'Buy milk' });
    await weakening.tasks.delete(task);
    assert.equal((await weakening.tasks.restore(task)).version, 3);
  });

  it('continues after a change that is invalid', async () => {
    const task = await client.tasks.create({ title: 'Buy milk' });

    const [invalid, valid] = await Promise.allSettled([
      client.tasks.update(task, { title: '' }),
      client.tasks.update(task, { completed: true }),
    ]);
    assert.ok(invalid.status === 'rejected' && invalid.reason instanceof Problem);
    assert.deepEqual(
      invalid.reason.errors.map(({ field }) => field),
      ['title'],
    );
    assert.match(invalid.reason.traceId, /^[0-9a-f]{32}$/);
    assert.ok(valid.status === 'fulfilled' && valid.value.version === 2);
  });
});

describe('repeats', () => {
  /** A network that loses the response of the first requests. */
  function losing(count: number): (request: Request) => Promise<Response> {
    return async (request) => {
      const response = await fetch(request);
      if (count-- > 0) {
        await response.body?.cancel();
        throw new TypeError('the connection broke');
      }
      return response;
    };
  }

  /** A proxy that refuses the first requests. */
  function refusing(count: number, status: number, headers = {}): (request: Request) => Promise<Response> {
    return async (request) => (count-- > 0 ? new Response('<html>', { status, headers }) : fetch(request));
  }

  it('a change after a lost response, without doing it twice', async () => {
    const lossy = world.client(user, { fetch: losing(2) });
    const task = await lossy.tasks.create({ title: 'Buy milk' });
    assert.deepEqual(await titles(client.tasks.list()), ['Buy milk']);

    const changed = await world.client(user, { fetch: losing(1) }).tasks.update(task, { completed: true });
    assert.equal(changed.version, 2);
    await world.client(user, { fetch: losing(1) }).tasks.delete(changed);
    await world.client(user, { fetch: losing(1) }).tasks.batch([{ op: 'create', task: {} }]);
    assert.equal((await client.me()).tasks.open, 1);
  });

  /** A network that replaces the body of the first response to a PATCH. */
  function breaking(body: BodyInit): (request: Request) => Promise<Response> {
    let broken = false;
    return async (request) => {
      const response = await fetch(request);
      if (broken || request.method !== 'PATCH') {
        return response;
      }
      broken = true;
      await response.text();
      return new Response(body, response);
    };
  }

  it('a change after a body that is cut, stalls, or is that of a proxy', async () => {
    for (const body of ['{"id":1,"ti', '', '<html>', new ReadableStream()]) {
      const task = await client.tasks.create({ title: 'Buy milk' });
      const fragile = world.client(user, { fetch: breaking(body), timeout: 1 });

      assert.equal((await fragile.tasks.update(task, { completed: true })).version, 2);
      assert.equal((await fragile.tasks.update(task, { completed: false })).version, 3);
    }
    const portal = world.client(user, { fetch: async () => new Response('<html>'), retries: 0 });
    await assert.rejects(portal.me(), /not from Taskward/);
  });

  it('after Retry-After', async () => {
    for (const status of [429, 503]) {
      const busy = world.client(user, { fetch: refusing(1, status, { 'Retry-After': '1' }) });
      const start = performance.now();
      await busy.tasks.create({ title: `after ${status}` });
      assert.ok(performance.now() - start >= 990);
    }
  });

  it('no longer than the caller wants', async () => {
    const down = world.client(user, { fetch: refusing(9, 503, { 'Retry-After': '0' }), retries: 2 });
    const problem = await rejection(down.tasks.create({}));
    assert.equal(problem.status, 503);
    assert.equal(problem.detail, 'The response has the status 503.');

    const limited = world.client(user, { fetch: refusing(1, 429, { 'Retry-After': '3600' }) });
    assert.equal((await rejection(limited.me())).retryAfter, 3600);

    const abort = new AbortController();
    const waiting = world.client(user, { fetch: refusing(9, 503, { 'Retry-After': '30' }) });
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(waiting.tasks.create({}, { signal: abort.signal }), { name: 'AbortError' });
  });

  it('no request that could be done twice', async () => {
    const lossy = world.client(user, { fetch: losing(1) });

    await assert.rejects(lossy.api.POST('/api/v1/tasks', { body: { title: 'once' } }), TypeError);
    assert.deepEqual(await titles(client.tasks.list()), ['once']);
  });

  it('with a new token after 401, which requests share', async () => {
    const asked: (string | undefined)[] = [];
    const expired = token(user, -120);
    const renewing = world.client(user, {
      token: (refused) => (asked.push(refused), refused ? token(user) : expired),
    });

    await Promise.all([renewing.me(), renewing.me(), renewing.tasks.create({})]);
    assert.deepEqual(asked, [undefined, expired]);

    const hopeless = world.client(user, { token: () => 'nonsense' });
    assert.equal((await rejection(hopeless.me())).status, 401);
  });

  it('asks again for a token after the callback failed', async () => {
    let calls = 0;
    const flaky = world.client(user, {
      token: async () => {
        if (calls++ === 0) {
          throw new Error('the issuer is down');
        }
        return token(user);
      },
    });
    await assert.rejects(flaky.me(), /issuer is down/);
    assert.equal((await flaky.me()).user_id, user);
  });

  it('waits for a token no longer than the caller wants', async () => {
    const abort = new AbortController();
    const hanging = world.client(user, { token: () => new Promise(() => {}), timeout: 0.5 });
    setTimeout(() => abort.abort(), 100);

    await assert.rejects(hanging.tasks.create({}, { signal: abort.signal }), { name: 'AbortError' });
    await assert.rejects(hanging.me(), { name: 'TimeoutError' });
  });

  it('gives up waiting for a response', async () => {
    const silent = createServer().listen(0, 'localhost');
    await new Promise((resolve) => silent.on('listening', resolve));
    const baseUrl = `http://localhost:${(silent.address() as AddressInfo).port}`;
    const stuck = new Taskward({ baseUrl, token: () => 't', timeout: 0.2, retries: 1 });

    await assert.rejects(stuck.me(), { name: 'TimeoutError' });
    silent.close();
  });
});

describe('follow', () => {
  it('has all tasks at first, then each change', async () => {
    const milk = await client.tasks.create({ title: 'milk' });
    const copies = client.tasks.follow();
    assert.deepEqual(shown(await until(copies, () => true)), ['milk']);

    await client.tasks.create({ title: 'tea' });
    await until(copies, (copy) => shown(copy).length === 2);
    await client.tasks.update(milk, { title: 'oat milk' });
    await until(copies, (copy) => shown(copy).includes('oat milk'));
    await client.tasks.delete(milk);
    const copy = await until(copies, (copy) => shown(copy).length === 1);
    assert.equal(copy.tasks.find(({ id }) => id === milk.id)?.deleted, true);
    await copies.return();
  });

  it('continues a stored copy', async () => {
    const milk = await client.tasks.create({ title: 'milk' });
    const copies = client.tasks.follow();
    const stored = await until(copies, () => true);
    await copies.return();
    await client.tasks.create({ title: 'tea' });

    const marked = JSON.parse(JSON.stringify({ ...stored, tasks: [{ ...milk, title: 'stored' }] }));
    const later = client.tasks.follow({ copy: marked });
    assert.deepEqual(shown(await until(later, () => true)), ['stored', 'tea']);
    await later.return();
  });

  it('begins again if the cursor is gone', async () => {
    const milk = await client.tasks.create({ title: 'milk' });
    await client.tasks.create({ title: 'tea' });
    const copies = client.tasks.follow();
    const stored = await until(copies, () => true);
    await copies.return();
    await client.tasks.delete(milk);
    await client.tasks.remove(milk);

    const later = client.tasks.follow({ copy: stored });
    assert.deepEqual(shown(await until(later, () => true)), ['tea']);
    await later.return();
  });

  it('gets a new token when streams end with the old one', async () => {
    const connections: boolean[] = [];
    const asked: (string | undefined)[] = [];
    const short = token(user, 1);
    const shortly = world.client(user, {
      token: (refused) => (asked.push(refused), refused ? token(user) : short),
    });
    const onConnection = (connected: boolean) => connections.push(connected);
    const [one, two] = [shortly.tasks.follow({ onConnection }), shortly.tasks.follow({ onConnection })];
    await Promise.all([one.next(), two.next()]);
    setTimeout(() => client.tasks.create({ title: 'later' }), 4_000);

    const copies = await Promise.all(
      [one, two].map((stream) => until(stream, (copy) => copy.tasks.length === 1)),
    );
    assert.deepEqual(copies.map(shown), [['later'], ['later']]);
    assert.deepEqual(connections, [true, true]);
    assert.deepEqual(asked, [undefined, short]);
    await Promise.all([one.return(), two.return()]);
  });

  it('waits as long as the service wants, and says why', async () => {
    const abort = new AbortController();
    const errors: unknown[] = [];
    let requests = 0;
    const headers = { 'Retry-After': '9999999' };
    const full = world.client(user, {
      fetch: async () => (requests++, new Response('', { status: 503, headers })),
    });
    const onConnection = (connected: boolean, error?: unknown) => errors.push(connected, error);
    setTimeout(() => abort.abort(), 1_000);

    assert.equal((await full.tasks.follow({ signal: abort.signal, onConnection }).next()).done, true);
    assert.equal(requests, 1);
    assert.equal(errors[0], false);
    assert.ok(errors[1] instanceof Problem && errors[1].status === 503);
  });

  it('closes each stream', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    for (let i = 0; i < 30; i++) {
      const abort = new AbortController();
      const copies = client.tasks.follow({ signal: abort.signal });
      await copies.next();
      collectGarbage(); // requests then miss the signal
      if (i % 2 === 0) {
        abort.abort();
        assert.equal((await copies.next()).done, true);
      } else {
        await copies.return();
      }
    }
  });

  it('reports that the connection is lost', async () => {
    const connections: boolean[] = [];
    let broken = false;
    const fragile = world.client(user, {
      fetch: (request) => (broken ? Promise.reject(new TypeError('offline')) : fetch(request)),
    });
    const onConnection = (connected: boolean) => {
      connections.push(connected);
      broken = false;
    };
    const copies = fragile.tasks.follow({ onConnection });
    await copies.next();
    broken = true;
    const later = until(copies, (copy) => copy.tasks.length === 1);
    world.disconnect();
    await client.tasks.create({ title: 'later' });
    assert.deepEqual(shown(await later), ['later']);
    assert.deepEqual(connections, [true, false, true]);
    await copies.return();
  });

  it('ends with the signal, or if a new attempt cannot help', async () => {
    const abort = new AbortController();
    const copies = client.tasks.follow({ signal: abort.signal });
    await until(copies, () => true);
    const rest = copies.next();
    abort.abort();
    assert.equal((await rest).done, true);

    const refused = world.client(user, { token: () => 'nonsense' }).tasks.follow();
    assert.equal((await rejection(refused.next())).status, 401);
    const foreign = { tasks: [], cursor: 'nonsense' };
    assert.equal((await rejection(client.tasks.follow({ copy: foreign }).next())).status, 400);
  });
});

describe('an instance that is killed', () => {
  it('loses nothing', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.tasks.create({ title: `task ${i}`, metadata: { n: '0' } })),
    );
    const copies = client.tasks.follow();
    await until(copies, (copy) => copy.tasks.length === 20);

    const created: NewTask[] = Array.from({ length: 100 }, (_, i) => ({ title: `new ${i}` }));
    const changes = tasks.flatMap((task) =>
      Array.from({ length: 10 }, (_, n) => client.tasks.update(task, { metadata: { n: String(n + 1) } })),
    );
    const creations = created.map((task) => client.tasks.create(task));
    setTimeout(() => world.kill(0), 100);
    const changed = await Promise.all(changes);
    await Promise.all(creations);

    assert.equal(Math.max(...changed.map(({ version }) => version)), 11);
    const copy = await until(
      copies,
      (copy) => copy.tasks.filter(({ version }) => version === 11).length === 20 && copy.tasks.length === 120,
    );
    await copies.return();
    const listed: Task[] = [];
    for await (const task of client.tasks.list({ limit: 50 })) {
      listed.push(task);
    }
    const byId = (a: Task, b: Task) => a.id - b.id;
    assert.deepEqual(copy.tasks.toSorted(byId), listed.toSorted(byId));
  });
});
