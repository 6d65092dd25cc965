import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, equal, temp } from '../prove-tokens/world.mjs';
import { titles } from './client.mjs';
import { newUser, sharedInstances } from './instances.mjs';

const bin = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'mcp-inspector');

/** The recipe of docs/agents.md for the command line of the MCP inspector. */
export async function prove(databaseUrl) {
  console.log('The MCP inspector');
  const { url } = await sharedInstances(databaseUrl);
  const header = `Authorization: Bearer ${newUser('alice')}`;
  const inspect = async (...args) => {
    const { stdout } = await promisify(execFile)(
      bin,
      ['--cli', url, '--transport', 'http', '--header', header, '--method', ...args],
      { cwd: temp, timeout: 60_000 },
    );
    return JSON.parse(stdout);
  };

  await check('tools/list lists five tools', async () =>
    equal((await inspect('tools/list')).tools.length, 5, 'tools'),
  );
  await check('tools/call adds a task, and finds it', async () => {
    const tasks = 'tasks=[{"title": "Buy milk", "tags": ["shop"]}]';
    const added = await inspect('tools/call', '--tool-name', 'add_tasks', '--tool-arg', tasks);
    equal(titles(added.structuredContent), ['Buy milk'], 'added');
    const args = ['--tool-arg', 'tag=shop', 'limit=5', 'completed=false'];
    const found = await inspect('tools/call', '--tool-name', 'find_tasks', ...args);
    equal(titles(found.structuredContent), ['Buy milk'], 'found');
  });
}
