import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accepted,
  call,
  check,
  claims,
  downloads,
  equal,
  expiringToken,
  forged,
  freePort,
  header,
  here,
  mvnw,
  refused,
  refusedSoon,
  signal,
  sleep,
  start,
  stop,
  taskward,
  until,
  worksWithTasks,
} from './world.mjs';

const VERSION = '26.7.3';
const PASSWORD = 'correct horse battery';
const LIFE_SECONDS = 30;
/** Longer than TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL below. */
const REFRESH_MILLIS = 1_200;

/** Runs the recipe of docs/tokens.md with the realm in keycloak-realm.json. */
export async function proveKeycloak(databaseUrl) {
  console.log(`Keycloak ${VERSION}`);
  const keycloak = await startKeycloak();
  const service = await taskward(databaseUrl, {
    MP_JWT_VERIFY_PUBLICKEY_LOCATION: `${keycloak.realm}/protocol/openid-connect/certs`,
    TASKWARD_TOKENS_ISSUER: keycloak.realm,
    TASKWARD_TOKENS_AUDIENCES: 'taskward',
    TASKWARD_TOKENS_JWKS_REFRESH_INTERVAL: '1S',
    TASKWARD_SCOPES_REQUIRED: 'true',
  });
  const [alice, bob] = [await keycloak.signUp('alice'), await keycloak.signUp('bob')];

  await check('two users are signed up; their tokens have alg RS256 and the audience', async () => {
    for (const user of [alice, bob]) {
      const token = await user.token();
      equal([header(token).alg, claims(token).aud], ['RS256', 'taskward'], 'alg and aud');
    }
  });
  await worksWithTasks(service, [alice, bob]);
  await refusesFaults(service, keycloak, alice);
  await requiresScopes(service, alice);
  await (
    await expiringToken(service, alice)
  )();

  const first = (await keycloak.keys()).find((key) => key.providerId === 'rsa-generated');
  const before = await alice.token();
  await keycloak.addKey('rsa-generated', 'RS256');
  await sleep(REFRESH_MILLIS);
  await check('after a key rotation the new key is accepted without a restart', async () => {
    const after = await alice.token();
    equal(header(after).kid === header(before).kid, false, 'same kid');
    await accepted(service, after);
  });
  await check('… and the old key, which is passive now', async () => {
    await keycloak.changeKey(first, { active: ['false'] });
    await accepted(service, before);
  });
  const withdrawn = await keycloak.addKey('rsa-generated', 'RS256');
  await sleep(REFRESH_MILLIS);
  const old = await alice.token();
  await accepted(service, old);
  await keycloak.changeKey(withdrawn, { active: ['false'], enabled: ['false'] });
  for (const [provider, alg] of [
    ['ecdsa-generated', 'ES256'],
    ['rsa-generated', 'PS256'],
    ['eddsa-generated', 'EdDSA'],
  ]) {
    await keycloak.addKey(provider, alg);
    await keycloak.signWith(alg);
    await sleep(REFRESH_MILLIS);
    await check(`a new key for ${alg} is accepted without a restart`, async () => {
      const token = await alice.token();
      equal(header(token).alg, alg, 'alg');
      await accepted(service, token);
    });
  }
  await check('a key that was disabled is refused', () => refused(service, old));

  const known = await alice.token();
  await keycloak.addKey('eddsa-generated', 'EdDSA');
  const unknown = await alice.token();
  await sleep(REFRESH_MILLIS);
  signal(keycloak.process, 'SIGSTOP');
  await check('while the JWKS endpoint does not answer a known key is accepted', () =>
    accepted(service, known),
  );
  await check('… and an unknown key is refused within two seconds', () =>
    refusedSoon(service, unknown),
  );
  signal(keycloak.process, 'SIGCONT');
  await sleep(REFRESH_MILLIS);
  await check('… and accepted when the endpoint answers again', () => accepted(service, unknown));

  await stop(service.process);
  await stop(keycloak.process);
}

async function refusesFaults(service, keycloak, user) {
  await check('refused: an ID token', async () => {
    const { access_token, id_token } = await user.tokens();
    equal([claims(access_token).typ, claims(id_token).typ], ['Bearer', 'ID'], 'typ');
    await accepted(service, access_token);
    await refused(service, id_token);
  });
  await keycloak.addClient('taskward');
  await check(
    'refused: an ID token with the right audience, from a client of that name',
    async () => {
      const { id_token } = await user.tokens({ client_id: 'taskward' });
      equal(claims(id_token).aud, 'taskward', 'aud');
      await refused(service, id_token);
    },
  );
  await check('refused: a refresh token', async () =>
    refused(service, (await user.tokens()).refresh_token),
  );
  await keycloak.addClient('other');
  await check('refused: a token of a client without the audience mapper', async () => {
    const token = await user.token({ client_id: 'other' });
    equal(claims(token).aud, undefined, 'aud');
    await refused(service, token);
  });
  await check('refused: another issuer, from a request to another host name', async () => {
    const token = await user.token({}, keycloak.realm.replace('localhost', '127.0.0.1'));
    equal(claims(token).iss, keycloak.realm.replace('localhost', '127.0.0.1'), 'iss');
    await refused(service, token);
  });
  await check('refused: a changed subject', async () =>
    refused(service, forged(await user.token())),
  );
}

async function requiresScopes(service, user) {
  await check('with tasks:read only, writing is a 403 that names tasks:write', async () => {
    const token = await user.token({ scope: 'openid tasks:read' });
    await accepted(service, token);
    const { status, challenge } = await call(service, token, 'POST', '', { title: 'no' });
    equal(status, 403, 'status');
    equal(/error="insufficient_scope".*scope="tasks:write"/.test(challenge), true, challenge);
  });
  await check('without a scope reading is a 403 that names tasks:read', async () => {
    const { status, challenge } = await call(service, await user.token({ scope: 'openid' }));
    equal(status, 403, 'status');
    equal(/error="insufficient_scope".*scope="tasks:read"/.test(challenge), true, challenge);
  });
  const erase = (token) => call(service, token, 'POST', '/../me/erase', { confirm: 'erase' });
  await check('without tasks:erase, erasing is a 403 that names it', async () => {
    const { status, challenge } = await erase(await user.token());
    equal(status, 403, 'status');
    equal(/error="insufficient_scope".*scope="tasks:erase"/.test(challenge), true, challenge);
  });
  await check('… and with it a 204', async () => {
    equal((await erase(await user.token({ scope: 'openid tasks:erase' }))).status, 204, 'status');
  });
}

/** Starts Keycloak with the realm of keycloak-realm.json. */
export async function startKeycloak() {
  const home = join(downloads, `keycloak-${VERSION}`);
  if (!existsSync(home)) {
    console.log('Downloading Keycloak');
    mvnw(
      'dependency:unpack',
      `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`,
      `-DoutputDirectory=${downloads}`,
    );
  }
  const port = await freePort();
  const process = start(
    'keycloak',
    join(home, 'bin', 'kc.sh'),
    ['start-dev', '--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`],
    {
      env: {
        KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
        KC_BOOTSTRAP_ADMIN_PASSWORD: PASSWORD,
      },
    },
  );
  const origin = `http://localhost:${port}`;
  await until(process, async () => (await fetch(`${origin}/realms/master`)).ok, 240);

  const realm = `${origin}/realms/acme`;
  const admin = administrator(origin);
  const settings = JSON.parse(readFileSync(join(here, 'keycloak-realm.json'), 'utf8'));
  await admin('POST', '', { ...settings, accessTokenLifespan: LIFE_SECONDS });
  const { id: parentId } = await admin('GET', '/acme');
  let priority = 200;

  return {
    process,
    realm,
    async signUp(name) {
      await admin('POST', '/acme/users', {
        username: name,
        enabled: true,
        email: `${name}@example.com`,
        emailVerified: true,
        firstName: name,
        lastName: 'Example',
        credentials: [{ type: 'password', value: PASSWORD, temporary: false }],
      });
      const tokens = (parameters, at = realm) =>
        tokenRequest(at, {
          client_id: 'web',
          username: name,
          password: PASSWORD,
          scope: 'openid tasks:read tasks:write',
          ...parameters,
        });
      return {
        name,
        tokens,
        token: async (parameters, at) => (await tokens(parameters, at)).access_token,
      };
    },
    /** Adds a client without the audience mapper. */
    addClient: (clientId) =>
      admin('POST', '/acme/clients', {
        clientId,
        publicClient: true,
        directAccessGrantsEnabled: true,
        defaultClientScopes: ['basic'],
        optionalClientScopes: ['tasks:read', 'tasks:write'],
      }),
    keys: () => admin('GET', '/acme/components?type=org.keycloak.keys.KeyProvider'),
    /** The key with the highest priority signs. */
    async addKey(providerId, alg) {
      priority++;
      const name = `${alg} ${priority}`;
      await admin('POST', '/acme/components', {
        name,
        providerId,
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId,
        config: {
          priority: [String(priority)],
          ...(providerId === 'rsa-generated' ? { algorithm: [alg] } : {}),
        },
      });
      return (await this.keys()).find((key) => key.name === name);
    },
    changeKey: (key, config) =>
      admin('PUT', `/acme/components/${key.id}`, { ...key, config: { ...key.config, ...config } }),
    async signWith(alg) {
      const [client] = await admin('GET', '/acme/clients?clientId=web');
      await admin('PUT', `/acme/clients/${client.id}`, {
        ...client,
        attributes: { ...client.attributes, 'access.token.signed.response.alg': alg },
      });
    },
  };
}

/** Calls Keycloak's admin REST API. Its own tokens live for a minute. */
function administrator(origin) {
  return async (method, path, body) => {
    const { access_token } = await tokenRequest(`${origin}/realms/master`, {
      client_id: 'admin-cli',
      username: 'admin',
      password: PASSWORD,
    });
    const response = await fetch(`${origin}/admin/realms${path}`, {
      method,
      headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === '' ? null : JSON.parse(text);
  };
}

async function tokenRequest(realm, parameters) {
  const response = await fetch(`${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', ...parameters }),
  });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(`the token request: ${response.status} ${JSON.stringify(answer)}`);
  }
  return answer;
}
