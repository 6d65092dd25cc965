import { randomUUID } from 'node:crypto';
import { discoverOAuthProtectedResourceMetadata } from '@modelcontextprotocol/sdk/client/auth.js';
import { check, equal, forged } from '../prove-tokens/world.mjs';
import { call, challenge, connect, ids, refused, thrown } from './client.mjs';
import { newUser, sharedInstances } from './instances.mjs';

/** Two users, and requests without a valid token. */
export async function prove(databaseUrl) {
  console.log('Two users, and invalid tokens');
  const { url } = await sharedInstances(databaseUrl);
  const token = newUser('alice');
  const alice = await connect(url, token);
  const bob = await connect(url, newUser('bob'));
  const once = { tasks: [{ title: 'A secret', tags: ['secret'] }], idempotency_key: randomUUID() };
  const { tasks: added } = await call(alice, 'add_tasks', once);
  const [id] = ids({ tasks: added });
  const { tasks: before } = await call(alice, 'find_tasks', {});

  await check("Bob never finds Alice's task", async () => {
    for (const filter of [{}, { text: 'secret' }, { tag: 'secret' }, { deleted: true }]) {
      equal((await call(bob, 'find_tasks', filter)).tasks, [], JSON.stringify(filter));
    }
  });
  await check(
    "… and cannot change, complete, delete or restore it, alone or with Bob's",
    async () => {
      const [own] = ids(await call(bob, 'add_tasks', { tasks: [{ title: 'Own' }] }));
      for (const list of [[id], [own, id]]) {
        for (const [tool, args] of [
          ['update_tasks', { tasks: list.map((each) => ({ id: each, title: 'Taken' })) }],
          [
            'update_tasks',
            { tasks: list.map((each) => ({ id: each, if_version: 1, due: 'remove' })) },
          ],
          ['complete_tasks', { ids: list }],
          ['delete_tasks', { ids: list }],
          ['delete_tasks', { ids: list, restore: true }],
        ]) {
          const text = await refused(bob, tool, args, /^Nothing was changed/);
          equal(/secret/i.test(text), false, text);
        }
      }
      const { tasks } = await call(bob, 'find_tasks', {});
      equal([tasks.length, tasks[0].title, tasks[0].version], [1, 'Own', 1], "Bob's tasks");
      equal((await call(alice, 'find_tasks', {})).tasks, before, "Alice's tasks");
    },
  );
  await check("Alice's idempotency_key means nothing for Bob", async () => {
    const own = ids(await call(bob, 'add_tasks', once));
    equal(own[0] === id, false, 'the answer of Alice');
    equal(ids(await call(bob, 'find_tasks', { tag: 'secret' })), own, "Bob's tasks");
    equal((await call(alice, 'find_tasks', {})).tasks, before, "Alice's tasks");
  });
  await check("Alice's own tools still work", () => call(alice, 'delete_tasks', { ids: [id] }));
  await alice.close();
  await bob.close();

  for (const [what, headers, error] of [
    ['no token', {}, undefined],
    ['a bad token', { Authorization: `Bearer ${forged(token)}` }, 'invalid_token'],
  ]) {
    await check(`${what}: 401, whose metadata names this MCP server`, async () => {
      const { status, ...found } = await challenge(url, headers);
      equal([status, found.error, found.scope], [401, error, 'tasks:read tasks:write'], 'status');
      const metadata = await discoverOAuthProtectedResourceMetadata(url, found);
      equal(metadata.resource, url, 'resource');
      equal(metadata.scopes_supported, ['tasks:read', 'tasks:write'], 'scopes');
    });
  }
  await check('… and the client does not connect', async () => {
    const error = await thrown(connect(url, forged(token)));
    equal(error.code, 401, error.message);
  });
}
