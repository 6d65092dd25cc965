// Shared by the fault tests: a PostgreSQL and instances of the service that can be killed.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as db from '../benchmark/database.mjs';
import { startService, writeTokens } from '../benchmark/service.mjs';
import {
  JAR,
  atEnd,
  embedded,
  freePort,
  refuse,
  say,
  sleep,
  start,
  stop,
} from '../prove-tokens/world.mjs';

/** The options of the command line; those with a number as default must be at least 0. */
export function parsed(defaults) {
  try {
    const options = Object.entries(defaults).map(([name, value]) => {
      const type = typeof value === 'boolean' ? 'boolean' : 'string';
      return [name, { type, default: type === 'string' ? String(value) : value }];
    });
    const { values } = parseArgs({ options: Object.fromEntries(options) });
    for (const name of Object.keys(defaults).filter((name) => typeof defaults[name] === 'number')) {
      values[name] = Number(values[name]);
      if (!(values[name] >= 0)) {
        throw new Error(`--${name} must be a number, at least 0.`);
      }
    }
    return values;
  } catch (e) {
    return refuse(e.message);
  }
}

/** The status of a path of the management port; 0 without a response. */
export function health({ managementPort }, what) {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port: managementPort, path: `/q/health/${what}` }, (response) =>
      response.resume().once('end', () => resolve(response.statusCode)),
    ).once('error', () => resolve(0));
  });
}

/** Milliseconds until all of them are ready. */
export async function readyAfter(services, timeoutMillis = 60_000) {
  const began = performance.now();
  for (;;) {
    const statuses = await Promise.all(services.map((service) => health(service, 'ready')));
    const millis = performance.now() - began;
    if (statuses.every((status) => status === 200)) {
      return millis;
    }
    if (millis > timeoutMillis) {
      throw new Error(`Not ready ${Math.round(millis / 1_000)} s after the database: ${statuses}`);
    }
    await sleep(10);
  }
}

// --- The service --------------------------------------------------------------------------------

/** Starts an instance that can be killed and restarted, each time on other ports. */
export async function instance(name, url, token) {
  const build = {
    ...{ name, path: JAR, env: {} },
    javaOptions: '-Xmx256m -XX:TieredStopAtLevel=1', // it starts often
  };
  const self = { isUp: false };
  /** Repeats a failed start, as Kubernetes does, because the database may stop meanwhile. */
  self.start = async () => {
    for (let failed = 0; ; failed++) {
      try {
        self.service = await startService(build, url, token);
        self.isUp = true;
        return failed;
      } catch (e) {
        if (failed === 3) {
          throw e;
        }
      }
    }
  };
  self.kill = async () => {
    self.isUp = false;
    process.kill(self.service.pid, 'SIGKILL');
    await stop(self.service.process);
  };
  await self.start();
  return self;
}

/**
 * Starts one instance on a fresh database with these users and tasks.
 *
 * @return service, tokens, load, and the name of the database
 */
export async function loaded(admin, options, env = {}) {
  const { users, tasks, 'java-opts': javaOptions } = options;
  const build = { name: 'service', path: JAR, javaOptions, env };
  const tokens = writeTokens(Math.min(users, 2_000));
  await db.createRole(admin);
  say(`Data: ${users} users, ${tasks} tasks`);
  const template = await db.loaded(admin, users, tasks, async (url) => {
    await stop((await startService(build, url, tokens[0])).process);
  });
  const name = await db.clone(admin, template, 'faults');
  const service = await startService(build, db.urlOf(admin, name), tokens[0]);
  return { service, tokens, name, load: { ...options, tasksEach: Math.floor(tasks / users) } };
}

// --- PostgreSQL ---------------------------------------------------------------------------------

/** PostgreSQL refuses to run as root, but not in a user namespace. */
const AS_USER = process.getuid() === 0 ? ['unshare', '-U'] : [];

/**
 * Starts a server with the programs of the embedded one. It waits for the disk (fsync), as in production.
 *
 * @param data a folder that does not exist yet
 * @param settings of postgresql.conf
 * @return with admin, the URL of a superuser
 */
export async function server(data, settings = {}) {
  const { process: first, bin } = await embedded();
  await stop(first);
  const run = (program, args) => [...AS_USER, join(bin, program), '-D', data, ...args];
  const [initdb, ...args] = run('initdb', ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8']);
  execFileSync(initdb, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    ...settings,
  };
  const all = () => [...db.childrenOf(self.process.child.pid), self.process.child.pid].map(Number);
  const self = { admin: `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable` };

  /** Starts it and waits until it accepts connections. */
  self.start = async () => {
    const [command, ...args] = run(
      'postgres',
      Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    );
    self.process = start('database', command, args, { stopSignal: 'SIGINT' });
    while (!isReady()) {
      if (!self.process.isRunning) {
        throw new Error('The database did not start');
      }
      await sleep(5);
    }
  };
  const isReady = () => {
    try {
      const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      return Number(lines[0]) === self.process.child.pid && lines[7]?.trim() === 'ready';
    } catch {
      return false;
    }
  };
  let frozen = [];
  self.freeze = () => {
    frozen = all();
    frozen.forEach((pid) => kill(pid, 'SIGSTOP'));
  };
  self.thaw = () => {
    frozen.forEach((pid) => kill(pid, 'SIGCONT'));
    frozen = [];
  };
  atEnd(() => frozen.forEach((pid) => kill(pid, 'SIGKILL')));
  /** Like a power cut, except that the operating system still writes its buffers. */
  self.crash = async () => {
    kill(self.process.child.pid, 'SIGSTOP'); // so that it starts no more children
    const killed = all();
    killed.forEach((pid) => kill(pid, 'SIGKILL'));
    await stop(self.process);
    while (killed.some(isThere)) {
      await sleep(5);
    }
  };
  await self.start();
  return self;
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

function isThere(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Creates the service's database on that server, owned by its role, and returns the URL. */
export async function database({ admin }) {
  await db.createRole(admin);
  const owner = new URL(db.urlOf(admin, 'faults'));
  await db.psql(admin, `create database faults owner ${owner.username};`);
  return owner.href;
}
