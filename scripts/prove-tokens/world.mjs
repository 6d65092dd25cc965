// What the proofs share: processes that end with the script, one line a check, a database, Taskward.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export { sleep };
export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '..', '..');
/** Downloads stay here between runs; the rest is in a temporary folder. */
export const downloads = join(root, 'target', 'prove-tokens');
export const temp = mkdtempSync(join(tmpdir(), 'prove-tokens-'));

export const JAR = join(root, 'target', 'quarkus-app', 'quarkus-run.jar');
const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';

let checks = 0;

/** Prints one line; the first check that fails ends the script. */
export async function check(what, body) {
  try {
    await body();
  } catch (e) {
    console.log(`  FAILED  ${what}`);
    throw e;
  }
  checks++;
  console.log(`  ok  ${what}`);
}

export function equal(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) {
    throw new Error(`${what}: expected ${e}, was ${a}`);
  }
}

export const checksDone = () => checks;

// --- Processes ----------------------------------------------------------------------------------

/** How far a script is, beside its results. */
export const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)}  ${text}`);

const running = new Set();

/** Starts a process, its output in a file of the temporary folder; stopped with this signal. */
export function start(
  name,
  command,
  args,
  { env = {}, ipc = false, stopSignal = 'SIGTERM' } = {},
) {
  const logFile = join(temp, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: root,
    env: { ...inherited(), ...env },
    // A group of its own: Ctrl-C reaches this script alone, which ends the others in order.
    detached: true,
    stdio: ['pipe', name === 'postgres' ? 'pipe' : log, log, ...(ipc ? ['ipc'] : [])],
  });
  closeSync(log);
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  const started = { name, child, ended, logFile, stopSignal, isRunning: true };
  ended.then(() => (started.isRunning = false));
  running.add(started);
  return started;
}

/** Nothing of the caller's own deployment gets into the proof. */
function inherited() {
  const own = /^(DATABASE_URL|BETTER_AUTH_|MP_JWT_|SMALLRYE_|TASKWARD_|QUARKUS_|KC_|KEYCLOAK_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

export async function stop(process) {
  const { child, ended } = process;
  if (process.isRunning) {
    signal(process, 'SIGCONT');
    child.stdin.end();
    if (process.name !== 'postgres') {
      signal(process, process.stopSignal);
    }
    const inTime = await Promise.race([ended.then(() => true), sleep(15_000, false)]);
    if (!inTime) {
      signal(process, 'SIGKILL');
      await ended;
    }
  }
  running.delete(process);
}

/** To the process and its children. */
export function signal(process, name) {
  try {
    globalThis.process.kill(-process.child.pid, name);
  } catch {
    // it has ended
  }
}

/** Ends the script before it has begun. */
export function refuse(why) {
  console.error(why);
  rmSync(temp, { recursive: true });
  globalThis.process.exit(2);
}

const last = [];

/** Has something done when all processes have ended, before the temporary folder goes. */
export const atEnd = (body) => last.push(body);

export async function cleanUp() {
  for (const process of [...running].reverse()) {
    await stop(process);
  }
  last.forEach((body) => body());
  rmSync(temp, { recursive: true, force: true });
}

/**
 * Runs a script to its end, and with it all processes that it started, on Ctrl-C too. The exit code is
 * what the body returns, 0 without, 1 if it fails.
 */
export async function main(body) {
  let ending = false;
  async function end(code) {
    if (!ending) {
      ending = true;
      await cleanUp();
      globalThis.process.exit(code);
    }
  }
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    globalThis.process.on(signal, () => end(128 + number));
  }
  try {
    await end((await body()) ?? 0);
  } catch (e) {
    // After Ctrl-C everything fails that was under way.
    if (!ending) {
      console.error(e);
      printLogs();
    }
    await end(1);
  }
}

/** The last lines that each process said, for a check that failed. */
export function printLogs() {
  for (const { name, logFile } of running) {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
    console.log(`--- ${name}: the last lines`);
    console.log(lines.slice(-30).join('\n'));
  }
}

export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed: ${error ?? `exit code ${status}`}`);
  }
}

export const mvnw = (...args) => run('./mvnw', ['-q', '-B', '-ntp', ...args]);

export async function until(process, isReady, seconds) {
  for (let i = 0; i < seconds * 10; i++) {
    if (!process.isRunning) {
      break;
    }
    if (await isReady().catch(() => false)) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`${process.name} did not get ready`);
}

const given = new Set();

/** Each once: what was free a moment ago may be the next that is. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      const isNew = !given.has(port);
      given.add(port);
      server.close(() => resolve(isNew ? port : freePort()));
    });
  });
}

// --- PostgreSQL ---------------------------------------------------------------------------------

/** The one at DATABASE_URL, else the embedded one of the tests. */
export async function database() {
  return process.env.DATABASE_URL ?? (await embedded()).url;
}

/** The embedded one: its process, its URL, and the folder of its programs. */
export async function embedded() {
  const classpath = join(temp, 'classpath');
  mvnw(
    'dependency:build-classpath',
    '-DincludeScope=compile',
    `-Dmdep.outputFile=${classpath}`,
  );
  const postgres = start('postgres', JAVA, [
    '-cp',
    readFileSync(classpath, 'utf8'),
    join(here, 'Postgres.java'),
    join(temp, 'postgres'),
  ]);
  let said = '';
  postgres.child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  await until(postgres, async () => /^\d+$/m.test(said), 60);
  const port = said.match(/^\d+$/m)[0];
  const binaries = join(temp, 'postgres', 'binaries');
  return {
    process: postgres,
    url: `postgresql://postgres@localhost:${port}/postgres?sslmode=disable`,
    bin: join(binaries, readdirSync(binaries).find((name) => name.startsWith('PG-')), 'bin'),
  };
}

// --- Taskward -----------------------------------------------------------------------------------

export function build() {
  if (!existsSync(JAR)) {
    console.log('Building Taskward');
    mvnw('package', '-DskipTests');
  }
}

/** TASKWARD_TOKENS_CLOCK_SKEW in the proofs. */
const SKEW_MILLIS = 1_000;

/** Starts the packaged service as in production, with these settings and nothing else. */
export async function taskward(databaseUrl, settings, health = 'ready') {
  const port = await freePort();
  const management = await freePort();
  const process = start('taskward', JAVA, ['-jar', JAR], {
    env: {
      DATABASE_URL: databaseUrl,
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_MANAGEMENT_PORT: String(management),
      TASKWARD_TOKENS_CLOCK_SKEW: `${SKEW_MILLIS / 1_000}S`,
      ...settings,
    },
  });
  const origin = `http://127.0.0.1:${port}`;
  const is = async (what) => (await fetch(`http://127.0.0.1:${management}/q/health/${what}`)).ok;
  await until(process, () => is(health), 60);
  return { process, isReady: () => is('ready'), tasks: `${origin}/api/v1/tasks` };
}

/** One request: status, the body read, the headers that go with a refusal. */
export async function call(service, token, method = 'GET', path = '', body = undefined) {
  const response = await fetch(service.tasks + path, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
  };
}

export async function accepted(service, token) {
  const { status, challenge } = await call(service, token);
  equal(status, 200, `status (${challenge})`);
}

/** 401, RFC 6750, for another reason than its age. */
export async function refused(service, token) {
  await refusedEvenIfExpired(service, token);
  equal(claims(token).exp * 1_000 <= Date.now(), false, 'the token expired meanwhile');
}

async function refusedEvenIfExpired(service, token) {
  const { status, challenge } = await call(service, token);
  equal(status, 401, 'status');
  if (!/^Bearer\b.*error="invalid_token"/.test(challenge)) {
    throw new Error(`WWW-Authenticate of a refused token: ${challenge}`);
  }
}

/** The claims of a token, not verified. */
export const claims = (token) => part(token, 1);
export const header = (token) => part(token, 0);
const part = (token, index) =>
  JSON.parse(Buffer.from(token.split('.')[index], 'base64url').toString());

/** @param users two of them, each with an async token() that gets a fresh one from the issuer */
export async function worksWithTasks(service, users) {
  await check('no token: 401 without an error code', async () => {
    const { status, challenge } = await call(service, null);
    equal([status, challenge], [401, 'Bearer'], 'status and challenge');
  });

  const ids = [];
  for (const user of users) {
    const token = await user.token();
    await check(`${user.name} creates, reads, changes, flips and lists a task`, async () => {
      const created = await call(service, token, 'POST', '', { title: `${user.name}'s task` });
      equal([created.status, created.body.user_id], [201, claims(token).sub], 'POST');
      const path = `/${created.body.id}`;
      ids.push(created.body.id);
      const changed = await call(service, token, 'PUT', path, { description: 'Two litres' });
      equal([changed.status, changed.body.description], [200, 'Two litres'], 'PUT');
      const flipped = await call(service, token, 'PATCH', `${path}/complete`);
      equal([flipped.status, flipped.body.completed], [200, true], 'PATCH');
      const read = await call(service, token, 'GET', path);
      equal([read.status, read.body], [200, flipped.body], 'GET');
      const list = await call(service, token);
      equal(
        list.body.map((task) => task.id),
        [created.body.id],
        'the list: this task alone',
      );
    });
  }

  const [alice, bob] = users;
  const token = await bob.token();
  await check(`${bob.name} gets a 403 for everything about ${alice.name}'s task`, async () => {
    const path = `/${ids[0]}`;
    for (const [method, suffix, body] of [
      ['GET', ''],
      ['PUT', '', { title: 'taken' }],
      ['PATCH', '/complete'],
      ['DELETE', ''],
    ]) {
      const { status } = await call(service, token, method, path + suffix, body);
      equal(status, 403, `${method} ${suffix}`);
    }
  });

  await check(`${alice.name}'s task is untouched, and goes when she deletes it`, async () => {
    const token = await alice.token();
    const read = await call(service, token, 'GET', `/${ids[0]}`);
    equal([read.status, read.body.title], [200, `${alice.name}'s task`], 'GET');
    equal((await call(service, token, 'DELETE', `/${ids[0]}`)).status, 204, 'DELETE');
    equal((await call(service, token, 'GET', `/${ids[0]}`)).status, 404, 'GET after DELETE');
  });
}

/** Another subject, under the signature of the token as it was. */
export function forged(token) {
  const [head, , signature] = token.split('.');
  const body = Buffer.from(JSON.stringify({ ...claims(token), sub: 'mallory' }));
  return `${head}.${body.toString('base64url')}.${signature}`;
}

/** Refused, and in time, while the issuer is not to be reached. */
export async function refusedSoon(service, token) {
  const start = Date.now();
  await refused(service, token);
  equal(Date.now() - start < 2_000, true, 'in time');
}

/** Takes a token now; the check waits for what is left of its life. */
export async function expiringToken(service, user) {
  const token = await user.token();
  await accepted(service, token);
  return () =>
    check('refused when it has expired: the same token was accepted before', async () => {
      const { exp } = claims(token);
      await sleep(Math.max(0, exp * 1_000 + SKEW_MILLIS + 1_000 - Date.now()));
      await refusedEvenIfExpired(service, token);
    });
}
