import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  accepted,
  call,
  check,
  claims,
  equal,
  expiringToken,
  forged,
  freePort,
  header,
  here,
  refused,
  refusedSoon,
  run,
  sleep,
  start,
  stop,
  taskward,
  until,
  worksWithTasks,
} from './world.mjs';

const AUDIENCE = 'https://tasks.example.com';
const LIFE_SECONDS = 20;
/** Longer than TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL below. */
const REFRESH_MILLIS = 1_200;

/** Runs the recipe of docs/tokens.md for each kind of key that Better Auth creates. */
export async function proveBetterAuth(databaseUrl) {
  for (const alg of ['EdDSA', 'ES256', 'RS256', 'PS256']) {
    console.log(`Better Auth, ${alg}`);
    await prove(databaseUrl, alg);
  }
}

async function prove(databaseUrl, alg) {
  const issuer = await betterAuth({ alg, secret: randomBytes(32).toString('hex') });
  const jwks = `${issuer.origin}/api/auth/jwks`;
  const alice = await issuer.signUp('alice');
  const bob = await issuer.signUp('bob');
  const token = await alice.token();
  await issuer.send('close');
  const settings = {
    MP_JWT_VERIFY_PUBLICKEY_LOCATION: jwks,
    TASKWARD_TOKENS_ISSUER: issuer.origin,
    TASKWARD_TOKENS_AUDIENCES: AUDIENCE,
    TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL: '1S',
  };
  const service = await taskward(databaseUrl, settings, 'live');
  await check('no key was fetched yet: not ready, and 503 for a token', async () => {
    equal(await service.isReady(), false, 'ready');
    const { status, retryAfter } = await call(service, token);
    equal([status, Number(retryAfter) > 0], [503, true], 'status and Retry-After');
  });
  await issuer.send('listen');
  await check('… and when the JWKS is available: ready, and a token is accepted', async () => {
    await until(service.process, service.isReady, 10);
    await accepted(service, await alice.token());
  });

  const kids = async () => (await (await fetch(jwks)).json()).keys.map((key) => key.kid);

  await check(
    `two users are signed up; their tokens have alg ${alg} and a kid of the JWKS`,
    async () => {
      for (const user of [alice, bob]) {
        const { alg: actual, kid } = header(await user.token());
        equal([actual, (await kids()).includes(kid)], [alg, true], 'header');
      }
    },
  );
  await worksWithTasks(service, [alice, bob]);
  const refusedAfterExpiry = await expiringToken(service, alice);
  await refusesFaults(service, issuer, alice);
  await refusedAfterExpiry();

  const before = await alice.token();
  await issuer.send('rotate');
  await check('after a key rotation the new key is accepted without a restart', async () => {
    await sleep(REFRESH_MILLIS);
    const after = await alice.token();
    equal(header(after).kid === header(before).kid, false, 'same kid');
    await accepted(service, after);
  });
  await check('… and the old key as long as the JWKS contains it', () => accepted(service, before));

  const known = await alice.token();
  await issuer.send('withdraw');
  const unknown = await bob.token();
  await issuer.send('close');
  await sleep(REFRESH_MILLIS);
  await check('while the JWKS endpoint is down a known key is accepted', () =>
    accepted(service, known),
  );
  await check('… and an unknown key is refused within two seconds', () =>
    refusedSoon(service, unknown),
  );
  await issuer.send('listen');
  await sleep(REFRESH_MILLIS);
  await check('… and accepted when the endpoint answers again', () => accepted(service, unknown));
  await check('a key that was removed from the JWKS is refused', () => refused(service, known));

  await stop(service.process);
  await stop(issuer.process);
}

/** Each token has one fault. A control without a fault is made in the same way. */
async function refusesFaults(service, issuer, user) {
  const good = claims(await user.token());
  const made = (changes) => issuer.send('sign', { ...good, ...changes });
  await check(
    'a newly signed token with correct claims is accepted',
    async () => accepted(service, await made({})),
  );
  await check('refused: another issuer', async () =>
    refused(service, await made({ iss: 'http://localhost:1' })),
  );
  await check('refused: another audience', async () =>
    refused(service, await made({ aud: 'https://billing.example.com' })),
  );
  await check('refused: a changed subject', async () =>
    refused(service, forged(await user.token())),
  );
}

/** Starts a Better Auth server. */
export async function betterAuth({ alg, secret }) {
  if (!existsSync(join(here, 'node_modules'))) {
    console.log('Installing Better Auth');
    run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: here });
  }
  const port = await freePort();
  const process = start(
    'better-auth',
    globalThis.process.execPath,
    [join(here, 'better-auth-server.mjs')],
    {
      env: {
        PORT: String(port),
        ALG: alg,
        AUDIENCE,
        EXPIRATION: `${LIFE_SECONDS}s`,
        BETTER_AUTH_SECRET: secret,
      },
      ipc: true,
    },
  );
  const answer = () =>
    new Promise((resolve, reject) => {
      process.child.once('message', ({ result, error }) =>
        error ? reject(new Error(error)) : resolve(result),
      );
      process.ended.then(() => reject(new Error('the Better Auth server ended')));
    });
  await answer();

  const origin = `http://localhost:${port}`;
  return {
    process,
    origin,
    audience: AUDIENCE,
    send(command, argument) {
      const answered = answer();
      process.child.send({ command, argument });
      return answered;
    },
    async signUp(name) {
      const response = await fetch(`${origin}/api/auth/sign-up/email`, {
        method: 'POST',
        // Better Auth requires Origin from clients that look like a browser, as fetch does.
        headers: { 'Content-Type': 'application/json', Origin: origin },
        body: JSON.stringify({
          name,
          email: `${name}@example.com`,
          password: 'correct horse battery',
        }),
      });
      equal(response.status, 200, 'sign-up');
      const cookie = response.headers
        .getSetCookie()
        .map((c) => c.split(';')[0])
        .join('; ');
      return {
        name,
        async token() {
          const answer = await fetch(`${origin}/api/auth/token`, { headers: { cookie } });
          return (await answer.json()).token;
        },
      };
    },
  };
}
