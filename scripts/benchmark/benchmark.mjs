#!/usr/bin/env node
// Measures requests per second, latency, CPU time and memory of the packaged service, and PostgreSQL
// alone with the same statements. See docs/performance.md:
//   scripts/benchmark/benchmark.mjs [options]
// Needs Linux, wrk, psql and pgbench (15 or newer), Node.js (20 or newer), a JDK. Uses the PostgreSQL
// (15 or newer) at DATABASE_URL, whose user must be a superuser, or an embedded one. It creates databases
// named taskward_benchmark_… and a role taskward_benchmark, and changes no others.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  JAR,
  build,
  database,
  main,
  refuse,
  root,
  say,
  sleep,
  stop,
} from '../prove-tokens/world.mjs';
import * as db from './database.mjs';
import { comparison, median, report } from './report.mjs';
import * as service from './service.mjs';

const SCENARIOS = {
  get: ['get', 64],
  list: ['list', 64],
  create: ['create', 64],
  toggle: ['toggle', 64],
  mix: ['mix', 64],
  mix1000: ['mix', 1_000],
  arrivals: ['arrivals', 1_000], // the mix in an open model
};

const OPTIONS = {
  // The build: a jar, or a native binary.
  jar: { type: 'string', default: JAR },
  native: { type: 'boolean', default: false }, // target/*-runner
  'java-opts': { type: 'string', default: '' }, // also options of a binary, such as -Xmx64m
  env: { type: 'string', multiple: true, default: [] }, // NAME=VALUE
  // Compares with a second build, or with other options of the same one, instead of with PostgreSQL.
  against: { type: 'string' },
  'against-java-opts': { type: 'string' },
  'against-env': { type: 'string', multiple: true },
  // The data.
  users: { type: 'string', default: '10000' },
  tasks: { type: 'string', default: '1000000' },
  active: { type: 'string', default: '2000' }, // users that send requests
  // The load.
  scenarios: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
  rate: { type: 'string', default: '2000' }, // arrivals a second
  seconds: { type: 'string', default: '15' },
  repeats: { type: 'string', default: '3' },
  'warm-up': { type: 'string', default: '120' }, // seconds of the mix, for the JVM to compile
  starts: { type: 'string', default: '3' },
  'wrk-threads': { type: 'string', default: '1' },
  'no-postgres': { type: 'boolean', default: false },
  // Results.
  json: { type: 'string' },
  // Starts only a database and prints its DATABASE_URL, for several runs that share the loaded data.
  serve: { type: 'boolean', default: false },
};

const options = parsed();

const users = Number(options.users);
const load = {
  threads: Number(options['wrk-threads']),
  users,
  active: Math.min(Number(options.active), users),
  tasksEach: Math.floor(Number(options.tasks) / users),
  rate: Number(options.rate),
};
const scenarios = options.scenarios.split(',');
const seconds = Number(options.seconds);
const repeats = Number(options.repeats);

function parsed() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const unknown = values.scenarios.split(',').find((name) => !Object.hasOwn(SCENARIOS, name));
    if (unknown !== undefined) {
      throw new Error(`Unknown scenario ${unknown}. Use ${Object.keys(SCENARIOS).join(', ')}.`);
    }
    for (const name of [
      'users',
      'tasks',
      'active',
      'rate',
      'seconds',
      'repeats',
      'starts',
      'wrk-threads',
    ]) {
      if (!(Number.isInteger(Number(values[name])) && Number(values[name]) >= 1)) {
        throw new Error(`--${name} must be an integer, at least 1.`);
      }
    }
    if (Number(values.tasks) < Number(values.users)) {
      throw new Error('--tasks must be at least --users.');
    }
    for (const tool of ['wrk', 'psql', 'pgbench']) {
      if (spawnSync(tool, ['--version']).error) {
        throw new Error(`${tool} is not installed.`);
      }
    }
    return values;
  } catch (e) {
    return refuse(e.message);
  }
}

function buildsToMeasure() {
  const environment = (settings) => Object.fromEntries(settings.map((s) => s.split(/=(.*)/s, 2)));
  const target = join(root, 'target');
  const runner = () => readdirSync(target).find((file) => file.endsWith('-runner'));
  const path = options.native ? join(target, runner() ?? '*-runner') : resolve(options.jar);
  if (path === JAR) {
    build();
  }
  const first = {
    name: 'a',
    path,
    javaOptions: options['java-opts'],
    env: environment(options.env),
  };
  const second = {
    name: 'b',
    path: options.against ? resolve(options.against) : path,
    javaOptions: options['against-java-opts'] ?? first.javaOptions,
    env: options['against-env'] ? environment(options['against-env']) : first.env,
  };
  const isPaired = options.against ?? options['against-java-opts'] ?? options['against-env'];
  const builds = isPaired === undefined ? [first] : [first, second];
  for (const { path } of builds) {
    if (!existsSync(path)) {
      throw new Error(`${path} does not exist. Build it first.`);
    }
  }
  return builds;
}

/**
 * Runs a load. Adds the CPU time per request, in microseconds, and how many CPUs other processes than
 * database, service and load tool used.
 */
async function costing(databaseCpu, serviceCpu, body) {
  const clocks = [databaseCpu, serviceCpu, () => db.cpuSeconds(process.pid, true), db.machineCpu];
  const before = clocks.map((clock) => clock());
  const began = performance.now();
  const result = await body();
  const [database, service, tool, machine] = clocks.map((clock, i) => clock() - before[i]);
  return {
    ...result,
    databaseCpu: (database / result.requests) * 1e6,
    serviceCpu: (service / result.requests) * 1e6,
    othersCpus: (machine - database - service - tool) / ((performance.now() - began) / 1_000),
  };
}

async function benchmark() {
  const builds = buildsToMeasure();
  const admin = await database();
  await db.createRole(admin);
  const tokens = service.writeTokens(load.active);
  say(`Data: ${users} users, ${options.tasks} tasks`);
  const template = await db.loaded(admin, users, Number(options.tasks), async (url) => {
    await stop((await service.startService(builds[0], url, tokens[0])).process);
    say('Loading');
  });
  const databaseCpu = await db.databaseCpu(admin);

  const withPostgres = builds.length === 1 && !options['no-postgres'];
  const running = [];
  for (const build of builds) {
    const name = await db.clone(admin, template, build.name);
    const url = db.urlOf(admin, name);
    const startMillis = [];
    // The first start is not timed, because it may migrate.
    let started = await service.startService(build, url, tokens[0]);
    for (let i = 0; i < Number(options.starts); i++) {
      await stop(started.process);
      started = await service.startService(build, url, tokens[0]);
      startMillis.push(started.startMillis);
    }
    await sleep(2_000);
    started.idleMiB = service.memory(started, 'VmRSS');
    started.startMillis = median(startMillis);
    say(`${build.path} starts in ${Math.round(started.startMillis)} ms`);
    await service.checkAnswers(started, tokens, load);
    if (withPostgres) {
      await db.checkStatements(admin, name, load);
    }
    running.push({ ...started, name, url, results: {} });
  }

  for (const one of running) {
    if (Number(options['warm-up']) > 0) {
      say(`Warming up ${one.build.name}`);
      await service.wrk(one, 'mix', 64, options['warm-up'], load);
    }
  }
  const measured = async (one, scenario) => {
    const [requests, connections] = SCENARIOS[scenario];
    const drive = requests === 'arrivals' ? service.arrivals : service.wrk;
    const result = await costing(
      databaseCpu,
      () => db.cpuSeconds(one.pid),
      () => drive(one, requests, connections, seconds, load),
    );
    say(
      `${scenario}  ${one.build.name}  ${Math.round(result.perSecond)}/s, ` +
        `p95 ${result.p95?.toFixed(1)} ms, ${result.errors} errors, ` +
        `CPU ${Math.round(result.serviceCpu)} + ${Math.round(result.databaseCpu)} µs, ` +
        `others ${result.othersCpus.toFixed(1)} CPUs`,
    );
    (one.results[scenario] ??= []).push(result);
  };
  const alone = {};
  for (const scenario of scenarios) {
    for (let i = 0; i < repeats; i++) {
      const [a, b] = running;
      for (const one of b ? [a, b, b, a] : [a]) {
        await measured(one, scenario);
      }
      const [requests, connections] = SCENARIOS[scenario];
      if (withPostgres && connections === 64) {
        const result = await costing(
          databaseCpu,
          () => 0,
          () => db.pgbench(a.url, requests, connections, seconds, load),
        );
        say(`${scenario}  PostgreSQL alone  ${Math.round(result.perSecond)}/s`);
        (alone[scenario] ??= []).push(result);
      }
    }
  }

  const result = {
    machine: { cpus: availableParallelism(), model: cpus()[0].model, node: process.version },
    postgres: await db.settings(running[0].url),
    load: { ...load, tasks: Number(options.tasks), seconds, repeats },
    builds: running.map((one) => ({
      ...one.build,
      startMillis: one.startMillis,
      idleMiB: one.idleMiB,
      peakMiB: service.memory(one, 'VmHWM'),
      results: one.results,
    })),
    alone,
  };
  for (const one of running) {
    await stop(one.process);
    await db.drop(admin, one.name);
  }
  if (options.json) {
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  console.log(running.length === 2 ? comparison(result) : report(result));
}

await main(async () => {
  if (options.serve) {
    console.log(`DATABASE_URL=${await database()}`);
    await new Promise(() => setInterval(() => {}, 60_000)); // until Ctrl-C
  }
  await benchmark();
});
