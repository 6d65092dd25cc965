// Two instances of Taskward behind nginx. This module needs no library.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sign } from '../prove-tokens/hs256.mjs';
import { freePort, start, stop, taskward, temp, until } from '../prove-tokens/world.mjs';

/** The path of nginx; undefined if it is not installed. */
export const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find(existsSync);

/** What nginx would write to the system's folders. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** A proxy without stickiness. It removes the prefix of a path, but not from the metadata's. */
const configuration = (folder, port, prefix, instances) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  upstream taskward { ${instances.map((url) => `server ${new URL(url).host};`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    proxy_set_header Host $http_host;
    add_header X-Instance $upstream_addr always;
    location ${prefix}/ { proxy_pass http://taskward/; }
    location /.well-known/oauth-protected-resource { proxy_pass http://taskward; }
  }
}`;

/**
 * Starts two instances behind nginx, which serves them below a prefix. Returns the URL of the MCP
 * server through nginx, and the URLs of both instances.
 */
export async function startInstances(databaseUrl, settings, prefix = '') {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const both = await Promise.all(
    [1, 2].map(() =>
      taskward(databaseUrl, {
        TASKWARD_MCP: 'true',
        TASKWARD_PUBLIC_URL: origin + prefix,
        TASKWARD_PROXY_TRUSTED: '127.0.0.1',
        ...settings,
      }),
    ),
  );
  const instances = both.map(({ tasks }) => new URL('/mcp', tasks).href);
  const folder = join(temp, `nginx-${port}`);
  mkdirSync(folder);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, prefix, instances));
  const proxy = start('nginx', nginx, ['-e', 'stderr', '-p', folder, '-c', file]);
  const url = `${origin}${prefix}/mcp`;
  await until(proxy, async () => (await fetch(url)).status === 401, 10);
  return {
    url,
    instances,
    stop: () => Promise.all([proxy, ...both.map(({ process }) => process)].map(stop)),
  };
}

const secret = randomBytes(32).toString('hex');
let shared;

/** The instances that accept the tokens of newUser(). All parts share them. */
export function sharedInstances(databaseUrl) {
  shared ??= startInstances(databaseUrl, { BETTER_AUTH_SECRET: secret });
  return shared;
}

/** The token of a user without tasks. */
export function newUser(name) {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  return sign({ sub: `${name}-${randomUUID()}`, exp }, secret);
}
