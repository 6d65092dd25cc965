#!/usr/bin/env node
// Runs the recipes of docs/agents.md: real MCP clients, with two instances of Taskward behind nginx.
//   scripts/prove-mcp/prove-mcp.mjs [sdk] [inspector] [users] [keycloak]
// Without an argument it runs all four. Needs a JDK (17 or newer), Node.js (20 or newer), npm and nginx.
// Uses the PostgreSQL at DATABASE_URL, or an embedded one. Everything listens on loopback.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, checksDone, database, main, refuse, run } from '../prove-tokens/world.mjs';
import { nginx } from './instances.mjs';

const PARTS = ['sdk', 'inspector', 'users', 'keycloak'];
const here = dirname(fileURLToPath(import.meta.url));

const names = process.argv.length > 2 ? process.argv.slice(2) : PARTS;
const unknown = names.find((name) => !PARTS.includes(name));
if (unknown !== undefined) {
  refuse(`Unknown part: ${unknown}. Use one of: ${PARTS.join(', ')}.`);
}

await main(async () => {
  if (nginx === undefined) {
    console.log('Skipped, because nginx is not installed. Install it, then repeat.');
    return;
  }
  if (!existsSync(join(here, 'node_modules'))) {
    console.log('Installing the MCP clients');
    run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: here });
  }
  build();
  const databaseUrl = await database();
  for (const name of names) {
    const { prove } = await import(`./${name}.mjs`);
    const start = Date.now();
    await prove(databaseUrl);
    console.log(`${name}: passed in ${Math.round((Date.now() - start) / 1_000)} s`);
  }
  console.log(`All ${checksDone()} checks passed`);
});
