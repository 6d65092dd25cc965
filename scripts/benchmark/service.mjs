// The packaged service as a separate process, the load on it, and its memory.
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { equal, freePort, sleep, start, temp } from '../prove-tokens/world.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
const SECRET = randomBytes(32).toString('hex');
const TOKENS = join(temp, 'tokens');

export const subject = (user) => String(1_000_000_000_000_000 + user);

/** Writes a file with token n on line n. The tokens are valid for the whole run. */
export function writeTokens(active) {
  const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1_000);
  const header = base64url({ alg: 'HS256', typ: 'JWT' });
  const tokens = Array.from({ length: active }, (_, i) => {
    const unsigned = `${header}.${base64url({ sub: subject(i + 1), iat, exp: iat + 86_000 })}`;
    return `${unsigned}.${createHmac('sha256', SECRET).update(unsigned).digest('base64url')}`;
  });
  writeFileSync(TOKENS, `${tokens.join('\n')}\n`);
  return tokens;
}

/**
 * Starts a build and waits for its first response.
 *
 * @param build {name, path, javaOptions, env}; a path that does not end in .jar is a native binary
 */
export async function startService(build, databaseUrl, token) {
  const port = await freePort();
  const managementPort = await freePort();
  const options = build.javaOptions.split(' ').filter((option) => option !== '');
  const [command, args] = build.path.endsWith('.jar')
    ? [JAVA, [...options, '-jar', build.path]]
    : [build.path, options];
  const began = performance.now();
  const process = start(build.name, command, args, {
    env: {
      DATABASE_URL: databaseUrl,
      BETTER_AUTH_SECRET: SECRET,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: String(managementPort),
      ...build.env,
    },
  });
  const service = { build, process, pid: process.child.pid, port, managementPort };
  const answer = () =>
    call(service, token, 'GET', '?limit=1').catch(({ code }) => ({ status: code }));
  for (let { status } = await answer(); status !== 200; { status } = await answer()) {
    if (!process.isRunning || performance.now() - began > 120_000) {
      throw new Error(`${build.path} did not start: ${status}`);
    }
    await sleep(5);
  }
  service.startMillis = performance.now() - began;
  return service;
}

/** Resident memory in MiB: VmRSS is the current value, VmHWM the maximum. */
export function memory(service, field) {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
  return Number(status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))[1]) / 1_024;
}

/** Sends a request. Resolves to status, headers and the text of the body. Fails after the timeout. */
export function call(
  service,
  token,
  method,
  path = '',
  body = undefined,
  { headers = {}, agent = undefined, timeoutMillis = 60_000 } = {},
) {
  return new Promise((resolve, reject) => {
    const options = {
      ...{ port: service.port, host: '127.0.0.1', method, path: `/api/v1/tasks${path}`, agent },
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      timeout: timeoutMillis,
    };
    const sent = request(options, async (response) => {
      let text = '';
      try {
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk;
        }
        resolve({ status: response.statusCode, headers: response.headers, text });
      } catch (e) {
        reject(e);
      }
    });
    sent.once('timeout', () => sent.destroy(new Error('No response in time')));
    sent.once('error', reject).end(body);
  });
}

/** Checks that the measured requests return the right results. */
export async function checkAnswers(service, tokens, { users, tasksEach }) {
  const user = tokens.length;
  const token = tokens[user - 1];
  const answer = async (expected, ...args) => {
    const { status, text } = await call(service, token, ...args);
    equal(status, expected, args.join(' '));
    return JSON.parse(text);
  };
  const id = user + users * (tasksEach - 1);
  const task = await answer(200, 'GET', `/${id}`);
  equal([task.id, task.user_id], [id, subject(user)], 'the task');
  for (const limit of [20, 50]) {
    const list = await answer(200, 'GET', `?limit=${limit}`);
    equal(list.length, Math.min(limit, tasksEach), 'tasks listed');
  }
  const toggled = await answer(200, 'PATCH', `/${id}/complete`);
  equal(toggled.completed, !task.completed, 'completed');
  await answer(201, 'POST', '', '{"title":"New"}');
  if (user > 1) {
    const { status } = await call(service, tokens[0], 'GET', `/${id}`);
    equal(status, 403, "another user's task");
  }
}

/** wrk: each connection sends its next request after the response. Times in milliseconds. */
export async function wrk(
  service,
  scenario,
  connections,
  seconds,
  { threads, users, active, tasksEach, think = 0 },
) {
  const { stdout } = await run(
    'wrk',
    [
      ...['-t', threads, '-c', connections, '-d', `${seconds}s`, '--timeout', '30s'],
      ...['-s', join(here, 'load.lua'), `http://127.0.0.1:${service.port}`],
    ].map(String),
    {
      env: {
        ...process.env,
        ...{ SCENARIO: scenario, TOKENS, USERS: users, ACTIVE: active, TASKS_EACH: tasksEach },
        THINK: think,
      },
    },
  );
  const result = JSON.parse(stdout.match(/^RESULT (.*)$/m)[1]);
  const nothing = result.requests === 0 ? { p50: NaN, p95: NaN, p99: NaN } : {};
  return { ...result, ...nothing, perSecond: result.requests / result.seconds };
}

/** The mix in an open model, see arrivals.mjs. */
export async function arrivals(service, _, connections, seconds, { rate, users, tasksEach }) {
  const { port } = service;
  const load = { port, tokensFile: TOKENS, rate, connections, seconds, users, tasksEach };
  const { stdout } = await run(process.execPath, [
    join(here, 'arrivals.mjs'),
    JSON.stringify(load),
  ]);
  return JSON.parse(stdout);
}
