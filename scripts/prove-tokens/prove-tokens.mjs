#!/usr/bin/env node
// Runs the recipes of docs/tokens.md: Taskward with tokens of real issuers.
//   scripts/prove-tokens/prove-tokens.mjs [better-auth] [keycloak] [hs256]
// Without an argument it runs all three. Needs a JDK (17 or newer), Node.js (20 or newer) and npm.
// Uses the PostgreSQL at DATABASE_URL, or an embedded one. Everything listens on loopback.
import { proveBetterAuth } from './better-auth.mjs';
import { proveHs256 } from './hs256.mjs';
import { proveKeycloak } from './keycloak.mjs';
import { build, checksDone, database, main } from './world.mjs';

const PROOFS = { 'better-auth': proveBetterAuth, keycloak: proveKeycloak, hs256: proveHs256 };

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PROOFS);
const unknown = names.find((name) => !Object.hasOwn(PROOFS, name));
if (unknown !== undefined) {
  console.error(`Unknown recipe: ${unknown}. Use one of: ${Object.keys(PROOFS).join(', ')}.`);
  process.exit(2);
}

await main(async () => {
  build();
  const databaseUrl = await database();
  for (const name of names) {
    const start = Date.now();
    await PROOFS[name](databaseUrl);
    console.log(`${name}: passed in ${Math.round((Date.now() - start) / 1_000)} s`);
  }
  console.log(`All ${checksDone()} checks passed`);
});
