import { createHmac, randomBytes } from 'node:crypto';
import { betterAuth } from './better-auth.mjs';
import {
  accepted,
  check,
  claims,
  equal,
  expiringToken,
  forged,
  header,
  refused,
  stop,
  taskward,
  worksWithTasks,
} from './world.mjs';

/** Runs the recipe of docs/tokens.md for a secret that issuer and service share. */
export async function proveHs256(databaseUrl) {
  console.log('The shared secret, HS256');
  const secret = randomBytes(32).toString('hex');
  const issuer = await betterAuth({ alg: 'HS256', secret });
  const settings = {
    BETTER_AUTH_SECRET: secret,
    TASKWARD_TOKENS_ISSUER: issuer.origin,
    TASKWARD_TOKENS_AUDIENCES: issuer.audience,
  };
  let service = await taskward(databaseUrl, settings);

  const alice = await issuer.signUp('alice');
  const bob = await issuer.signUp('bob');
  await check('two users are signed up; their tokens have alg HS256', async () => {
    for (const user of [alice, bob]) {
      equal(header(await user.token()).alg, 'HS256', 'alg');
    }
  });
  await worksWithTasks(service, [alice, bob]);
  const refusedAfterExpiry = await expiringToken(service, alice);

  const good = claims(await alice.token());
  await check('a token that this script signs with the secret is accepted', () =>
    accepted(service, sign(good, secret)),
  );
  await check('refused: another secret', () => refused(service, sign(good, `${secret}0`)));
  await check('refused: another issuer', () =>
    refused(service, sign({ ...good, iss: 'http://localhost:1' }, secret)),
  );
  await check('refused: another audience', () =>
    refused(service, sign({ ...good, aud: 'https://billing.example.com' }, secret)),
  );
  await check('refused: no expiry', () =>
    refused(service, sign({ ...good, exp: undefined }, secret)),
  );
  await check('refused: a changed subject', async () =>
    refused(service, forged(await alice.token())),
  );
  await refusedAfterExpiry();

  await stop(service.process);
  const newSecret = randomBytes(32).toString('hex');
  service = await taskward(databaseUrl, { ...settings, BETTER_AUTH_SECRET: newSecret });
  await check('after a change of the secret and a restart the old secret is refused', async () =>
    refused(service, await alice.token()),
  );
  await check('… and the new secret is accepted', async () =>
    accepted(service, sign(claims(await alice.token()), newSecret)),
  );

  await stop(service.process);
  await stop(issuer.process);
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs a token with the shared secret. */
export function sign(claims, secret) {
  const unsigned = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}
