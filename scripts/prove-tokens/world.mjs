// What the scripts share: processes that end with the script, checks, a database, Taskward.
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
/** Keeps downloads between runs. All other files are in a temporary folder. */
export const downloads = join(root, 'target', 'prove-tokens');
export const temp = mkdtempSync(join(tmpdir(), 'prove-tokens-'));

export const JAR = join(root, 'target', 'quarkus-app', 'quarkus-run.jar');
const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';

let checks = 0;

/** Runs a check and prints one line. The first check that fails ends the script. */
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

/** Prints progress to standard error. Standard output has the results only. */
export const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)}  ${text}`);

const running = new Set();

/** Starts a process. Its output goes to a file in the temporary folder. */
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
    // In its own process group: Ctrl-C reaches only this script, which stops the others in order.
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

/** The environment without settings of the developer's own deployment. */
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

/** Sends a signal to the process and its children. */
export function signal(process, name) {
  try {
    globalThis.process.kill(-process.child.pid, name);
  } catch {
    // it has ended
  }
}

/** Ends the script with an error before it starts anything. */
export function refuse(why) {
  console.error(why);
  rmSync(temp, { recursive: true });
  globalThis.process.exit(2);
}

const last = [];

/** Runs a function after all processes have ended, before the temporary folder is deleted. */
export const atEnd = (body) => last.push(body);

export async function cleanUp() {
  for (const process of [...running].reverse()) {
    await stop(process);
  }
  last.forEach((body) => body());
  rmSync(temp, { recursive: true, force: true });
}

/**
 * Runs a script, then ends it and all processes that it started, also on Ctrl-C. The exit code is
 * what the body returns (0 without a value), or 1 if it fails.
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
    // After Ctrl-C everything in progress fails.
    if (!ending) {
      console.error(e);
      printLogs();
    }
    await end(1);
  }
}

/** Prints the last log lines of each process, after a failed check. */
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
  throw new Error(`${process.name} did not become ready`);
}

const usedPorts = new Set();

/** Returns each port once: the system may offer a port twice. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      const isNew = !usedPorts.has(port);
      usedPorts.add(port);
      server.close(() => resolve(isNew ? port : freePort()));
    });
  });
}

// --- PostgreSQL ---------------------------------------------------------------------------------

/** The URL of the PostgreSQL at DATABASE_URL, or of an embedded one. */
export async function database() {
  return process.env.DATABASE_URL ?? (await embedded()).url;
}

/** Starts an embedded PostgreSQL. Returns its process, its URL, and the folder of its programs. */
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

/** TASKWARD_TOKENS_CLOCK_SKEW of the service. */
const SKEW_MILLIS = 1_000;

/** Starts the packaged service as in production, with these settings only. */
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

/** Sends a request. Returns status, body, and the headers of a refusal. */
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

/** Expects 401 (RFC 6750) for a token that has not expired. */
export async function refused(service, token) {
  await refusedEvenIfExpired(service, token);
  equal(claims(token).exp * 1_000 <= Date.now(), false, 'the token has expired');
}

async function refusedEvenIfExpired(service, token) {
  const { status, challenge } = await call(service, token);
  equal(status, 401, 'status');
  if (!/^Bearer\b.*error="invalid_token"/.test(challenge)) {
    throw new Error(`WWW-Authenticate of a refused token: ${challenge}`);
  }
}

/** The claims of a token, without verification. */
export const claims = (token) => part(token, 1);
export const header = (token) => part(token, 0);
const part = (token, index) =>
  JSON.parse(Buffer.from(token.split('.')[index], 'base64url').toString());

/** @param users two users, each with an async token() that gets a new token from the issuer */
export async function worksWithTasks(service, users) {
  await check('no token: 401 without an error code', async () => {
    const { status, challenge } = await call(service, null);
    equal([status, challenge], [401, 'Bearer'], 'status and challenge');
  });

  const ids = [];
  for (const user of users) {
    const token = await user.token();
    await check(`${user.name} creates, reads, changes, toggles and lists a task`, async () => {
      const created = await call(service, token, 'POST', '', { title: `${user.name}'s task` });
      equal([created.status, created.body.user_id], [201, claims(token).sub], 'POST');
      const path = `/${created.body.id}`;
      ids.push(created.body.id);
      const changed = await call(service, token, 'PUT', path, { description: 'Two litres' });
      equal([changed.status, changed.body.description], [200, 'Two litres'], 'PUT');
      const toggled = await call(service, token, 'PATCH', `${path}/complete`);
      equal([toggled.status, toggled.body.completed], [200, true], 'PATCH');
      const read = await call(service, token, 'GET', path);
      equal([read.status, read.body], [200, toggled.body], 'GET');
      const list = await call(service, token);
      equal(
        list.body.map((task) => task.id),
        [created.body.id],
        'the list: only this task',
      );
    });
  }

  const [alice, bob] = users;
  const token = await bob.token();
  await check(`${bob.name} gets 403 for every operation on ${alice.name}'s task`, async () => {
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

  await check(`${alice.name}'s task is unchanged, and ${alice.name} can delete it`, async () => {
    const token = await alice.token();
    const read = await call(service, token, 'GET', `/${ids[0]}`);
    equal([read.status, read.body.title], [200, `${alice.name}'s task`], 'GET');
    equal((await call(service, token, 'DELETE', `/${ids[0]}`)).status, 204, 'DELETE');
    equal((await call(service, token, 'GET', `/${ids[0]}`)).status, 404, 'GET after DELETE');
  });
}

/** The token with another subject and the old signature. */
export function forged(token) {
  const [head, , signature] = token.split('.');
  const body = Buffer.from(JSON.stringify({ ...claims(token), sub: 'mallory' }));
  return `${head}.${body.toString('base64url')}.${signature}`;
}

/** Expects 401 within two seconds, while the issuer is not reachable. */
export async function refusedSoon(service, token) {
  const start = Date.now();
  await refused(service, token);
  equal(Date.now() - start < 2_000, true, 'in time');
}

/** Gets a token now. The returned check waits until it has expired. */
export async function expiringToken(service, user) {
  const token = await user.token();
  await accepted(service, token);
  return () =>
    check('a token that was accepted is refused after it expired', async () => {
      const { exp } = claims(token);
      await sleep(Math.max(0, exp * 1_000 + SKEW_MILLIS + 1_000 - Date.now()));
      await refusedEvenIfExpired(service, token);
    });
}
