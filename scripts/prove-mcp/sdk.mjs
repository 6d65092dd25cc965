import { randomUUID } from 'node:crypto';
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client';
import { check, equal } from '../prove-tokens/world.mjs';
import { call, connect, ids, refused, thrown, titles } from './client.mjs';
import { newUser, sharedInstances } from './instances.mjs';

/** readOnlyHint, destructiveHint, idempotentHint and openWorldHint of each tool. */
const HINTS = {
  find_tasks: [true, false, true, false],
  add_tasks: [false, false, false, false],
  update_tasks: [false, true, true, false],
  complete_tasks: [false, false, true, false],
  delete_tasks: [false, true, true, false],
};

/** Every tool, with the client of the TypeScript SDK. */
export async function prove(databaseUrl) {
  console.log('The TypeScript SDK');
  const { url, instances } = await sharedInstances(databaseUrl);
  const token = newUser('alice');
  const answering = new Set();
  const client = await connect(url, token, {
    fetch: async (...request) => {
      const response = await fetch(...request);
      answering.add(response.headers.get('X-Instance'));
      return response;
    },
  });

  await check('the client connects without a session', () =>
    equal(client.getServerVersion().name, 'taskward', 'server'),
  );
  await check('the five tools have their hints, in less than 10,000 characters', async () => {
    const { tools } = await client.listTools();
    const hints = tools.map(({ name, annotations: a }) => [
      name,
      [a.readOnlyHint, a.destructiveHint, a.idempotentHint, a.openWorldHint],
    ]);
    equal(Object.fromEntries(hints), HINTS, 'hints');
    equal(JSON.stringify(tools).length < 10_000, true, 'short');
  });
  await changesTasks(client);
  await pages(client);
  await addsOnce(instances, token);
  await refusesFaults(client);
  await check('both instances have answered this client', () =>
    equal(answering.size, 2, [...answering].join()),
  );
  await check('SDK 2 connects, too, and falls back to the protocol of the service', async () => {
    const client2 = new Client2(
      { name: 'prove-mcp', version: '1.0.0' },
      { versionNegotiation: { mode: 'auto' } },
    );
    const headers = { Authorization: `Bearer ${token}` };
    await client2.connect(new Transport2(new URL(url), { requestInit: { headers } }));
    const { structuredContent } = await client2.callTool({ name: 'find_tasks', arguments: {} });
    equal(structuredContent, await call(client, 'find_tasks', {}), 'tasks');
    await client2.close();
  });
  await client.close();
}

async function changesTasks(client) {
  const milk = { title: 'Buy milk', due: '2031-03-01', priority: 'high', tags: ['shop'] };
  let id;
  await check('add_tasks adds tasks, and find_tasks finds them by each filter', async () => {
    const added = await call(client, 'add_tasks', { tasks: [milk, { title: 'Call Bob' }] });
    equal(titles(added), ['Buy milk', 'Call Bob'], 'added');
    [id] = ids(added);
    equal(titles(await call(client, 'find_tasks', {})), ['Call Bob', 'Buy milk'], 'all');
    for (const filter of [
      { text: 'milk' },
      { tag: 'shop' },
      { due_from: '2031-03-01', due_before: '2031-03-02' },
    ]) {
      const { tasks } = await call(client, 'find_tasks', filter);
      const [{ created_at, updated_at, ...task }] = tasks;
      equal(tasks.length, 1, JSON.stringify(filter));
      equal({ ...milk, ...task }, { ...milk, id, completed: false, version: 1 }, 'task');
    }
  });
  await check('update_tasks changes fields, and "remove" clears them', async () => {
    const change = { id, if_version: 1, title: 'Buy oat milk', due: 'remove', priority: 'remove' };
    await call(client, 'update_tasks', { tasks: [change] });
    const [{ title, due, priority, version }] = (await call(client, 'find_tasks', {})).tasks.slice(
      1,
    );
    equal({ title, due, priority, version }, { title: 'Buy oat milk', version: 2 }, 'task');
  });
  await check('complete_tasks completes and reopens a task', async () => {
    for (const completed of [true, false]) {
      const { tasks } = await call(client, 'complete_tasks', { ids: [id], completed });
      equal([tasks[0].id, tasks[0].completed], [id, completed], 'task');
      equal(ids(await call(client, 'find_tasks', { completed })).includes(id), true, 'found');
    }
  });
  await check('delete_tasks moves a task to the trash, and restores it', async () => {
    const deleted = (await call(client, 'delete_tasks', { ids: [id] })).tasks[0];
    equal([deleted.deleted, Date.parse(deleted.purge_at) > Date.now()], [true, true], 'deleted');
    equal(titles(await call(client, 'find_tasks', {})), ['Call Bob'], 'tasks');
    equal(ids(await call(client, 'find_tasks', { deleted: true })), [id], 'trash');
    await call(client, 'delete_tasks', { ids: [id], restore: true });
    equal(ids(await call(client, 'find_tasks', { deleted: true })), [], 'trash');
    equal(ids(await call(client, 'find_tasks', { tag: 'shop' })), [id], 'tasks');
  });
}

async function pages(client) {
  const tasks = Array.from({ length: 25 }, (_, i) => ({ title: `Page ${i}`, tags: ['page'] }));
  await check('a cursor leads to the next page, until all tasks are read once', async () => {
    const added = ids(await call(client, 'add_tasks', { tasks }));
    const found = [];
    let page = {};
    do {
      const cursor = page.next_cursor === undefined ? {} : { cursor: page.next_cursor };
      page = await call(client, 'find_tasks', { tag: 'page', limit: 10, ...cursor });
      found.push(...ids(page));
    } while (page.next_cursor !== undefined);
    equal(found, added.reverse(), 'ids');
  });
  await check('… and is refused with other arguments', async () => {
    const { next_cursor: cursor } = await call(client, 'find_tasks', { tag: 'page', limit: 10 });
    await refused(client, 'find_tasks', { tag: 'shop', limit: 10, cursor }, /cursor/);
  });
}

async function addsOnce(instances, token) {
  const [one, other] = await Promise.all(instances.map((instance) => connect(instance, token)));
  const once = { tasks: [{ title: 'Only once' }], idempotency_key: randomUUID() };
  await check('an add that is repeated on the other instance adds nothing', async () => {
    const added = await call(one, 'add_tasks', once);
    equal(await call(other, 'add_tasks', once), added, 'the same answer');
    equal(ids(await call(other, 'find_tasks', { text: 'once' })), ids(added), 'tasks');
  });
  await check('… and another add with this key is refused', () =>
    refused(other, 'add_tasks', { ...once, tasks: [{ title: 'Twice' }] }, /another key/),
  );
  await one.close();
  await other.close();
}

async function refusesFaults(client) {
  await check('an unknown tool is error -32602 of JSON-RPC', async () => {
    const error = await thrown(client.callTool({ name: 'erase_all', arguments: {} }));
    equal(error.code, -32_602, error.message);
  });
  await check('errors name the argument, and a change is all or none', async () => {
    const good = { title: 'Good' };
    for (const [tool, args, expected] of [
      ['add_tasks', { tasks: [good, { ...good, due: 'tomorrow' }] }, /tasks\[1].due/],
      ['add_tasks', { tasks: [good, { titel: 'Good' }] }, /tasks\[1].titel is not known/],
      ['add_tasks', { tasks: Array(26).fill(good) }, /1 to 25/],
      ['find_tasks', { limit: 101 }, /limit/],
      ['find_tasks', { due: '2031-03-01' }, /due is not known/],
      ['complete_tasks', { ids: [] }, /1 to 25/],
    ]) {
      await refused(client, tool, args, expected);
    }
    equal(ids(await call(client, 'find_tasks', { text: 'Good' })), [], 'added');
  });
  await check('an unknown id and a wrong if_version change nothing', async () => {
    const [id] = ids(await call(client, 'add_tasks', { tasks: [{ title: 'Kept' }] }));
    for (const fault of [{ id: 2 ** 50 }, { id, if_version: 7 }]) {
      const tasks = [...(fault.id === id ? [] : [{ id, title: 'x' }]), { ...fault, title: 'y' }];
      await refused(client, 'update_tasks', { tasks }, /Nothing was changed.*(no task|if_version)/);
    }
    equal(ids(await call(client, 'find_tasks', { text: 'Kept' })), [id], 'unchanged');
  });
}
