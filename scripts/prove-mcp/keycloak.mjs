import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startKeycloak } from '../prove-tokens/keycloak.mjs';
import { check, claims, equal, stop } from '../prove-tokens/world.mjs';
import { call, challenge, connect, thrown, titles } from './client.mjs';
import { startInstances } from './instances.mjs';

/** The recipe of docs/agents.md for OAuth: below a path, as in docs/nginx.conf. */
export async function prove(databaseUrl) {
  console.log('OAuth with Keycloak');
  const keycloak = await startKeycloak();
  const service = await startInstances(
    databaseUrl,
    {
      MP_JWT_VERIFY_PUBLICKEY_LOCATION: `${keycloak.realm}/protocol/openid-connect/certs`,
      TASKWARD_TOKENS_ISSUER: keycloak.realm,
      TASKWARD_TOKENS_AUDIENCES: 'taskward',
      TASKWARD_SCOPES_REQUIRED: 'true',
    },
    '/tasks-api',
  );
  const { url } = service;
  const alice = await keycloak.signUp('alice');

  await check('a 401 leads to the metadata, and this to the authorization server', async () => {
    const { resource, authorization_servers } = await discoverOAuthProtectedResourceMetadata(
      url,
      await challenge(url, {}),
    );
    equal([resource, authorization_servers], [url, [keycloak.realm]], 'metadata');
    const server = await discoverAuthorizationServerMetadata(authorization_servers[0]);
    equal(server.token_endpoint, `${keycloak.realm}/protocol/openid-connect/token`, 'endpoint');
    equal(server.code_challenge_methods_supported.includes('S256'), true, 'PKCE');
  });
  await check(
    'with tasks:read only, find_tasks works and add_tasks is a 403 that names tasks:write',
    async () => {
      const token = await alice.token({ scope: 'openid tasks:read' });
      const client = await connect(url, token);
      await call(client, 'find_tasks', {});
      const params = { name: 'add_tasks', arguments: { tasks: [{ title: 'no' }] } };
      equal((await thrown(client.callTool(params))).code, 403, 'status');
      const { status, error, scope } = await challenge(
        url,
        { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      );
      equal([status, error, scope], [403, 'insufficient_scope', 'tasks:write'], 'challenge');
      await client.close();
    },
  );
  await check('with both scopes add_tasks works', async () => {
    const client = await connect(url, await alice.token());
    await call(client, 'add_tasks', { tasks: [{ title: 'By token' }] });
    equal(titles(await call(client, 'find_tasks', {})), ['By token'], 'tasks');
    await client.close();
  });
  await check('a token of the realm without the audience is a 401', async () => {
    await keycloak.addClient('other');
    const token = await alice.token({ client_id: 'other' });
    equal([claims(token).iss, claims(token).aud], [keycloak.realm, undefined], 'claims');
    equal((await thrown(connect(url, token))).code, 401, 'status');
  });
  await check(
    'the SDK signs in by itself: authorization code, PKCE, the scopes of the 401',
    async () => signsIn(url, alice),
  );
  await service.stop();
  await stop(keycloak.process);
}

/** What an agent does, with the user's part: the sign-in form of Keycloak. */
async function signsIn(url, { name }) {
  const redirectUrl = 'http://localhost:3000/callback';
  const browser = { tokens: undefined, verifier: undefined, code: undefined };
  const authProvider = {
    redirectUrl,
    clientMetadata: { redirect_uris: [redirectUrl] },
    clientInformation: () => ({ client_id: 'web' }),
    tokens: () => browser.tokens,
    saveTokens: (tokens) => (browser.tokens = tokens),
    saveCodeVerifier: (verifier) => (browser.verifier = verifier),
    codeVerifier: () => browser.verifier,
    async redirectToAuthorization(address) {
      equal(address.searchParams.get('code_challenge_method'), 'S256', 'PKCE');
      equal(address.searchParams.get('resource'), url, 'resource');
      browser.code = await codeOf(address, name);
    },
  };
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });
  const client = new Client({ name: 'prove-mcp', version: '1.0.0' });
  const first = transport();
  const error = await thrown(client.connect(first));
  equal(error instanceof UnauthorizedError, true, error.message);
  await first.finishAuth(browser.code);
  await client.connect(transport());
  await call(client, 'add_tasks', { tasks: [{ title: 'By sign-in' }] });
  equal(titles(await call(client, 'find_tasks', {})), ['By sign-in', 'By token'], 'tasks');
  await client.close();
}

/** Fills the form at this address. Returns the authorization code of the redirect. */
async function codeOf(address, username) {
  const page = await fetch(address);
  const form = (await page.text()).match(/<form[^>]* action="([^"]+)"/)[1].replaceAll('&amp;', '&');
  const cookie = page.headers.getSetCookie().map((each) => each.split(';')[0]);
  const answer = await fetch(form, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: cookie.join('; ') },
    body: new URLSearchParams({ username, password: 'correct horse battery' }),
  });
  return new URL(answer.headers.get('location')).searchParams.get('code');
}
