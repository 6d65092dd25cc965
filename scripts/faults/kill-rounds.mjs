#!/usr/bin/env node
// Kills service and database under a write load, and compares the data with the acknowledged writes. See
// docs/operations.md:
//   scripts/faults/kill-rounds.mjs [--rounds 100] [--freeze] [--disk-full]
// Needs Linux, psql, Node.js (20 or newer), a JDK, and root for --disk-full. It starts its own database
// with the programs of the embedded PostgreSQL. With --synchronous-commit off acknowledged writes can be
// lost, to check that the comparison finds them.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { psql } from '../benchmark/database.mjs';
import { percentiles } from '../benchmark/report.mjs';
import { call, writeTokens } from '../benchmark/service.mjs';
import { atEnd, build, main, say, sleep, temp } from '../prove-tokens/world.mjs';
import { BOUND_MILLIS, Load } from './load.mjs';
import { verify } from './verify.mjs';
import { database, health, instance, parsed, readyAfter, server } from './world.mjs';

const options = parsed({
  rounds: 100,
  freeze: false, // these two after the rounds
  'disk-full': false,
  users: 200,
  writers: 32,
  pause: 30, // milliseconds, on average, between two requests of a writer
  'synchronous-commit': 'on',
});
const DISK = join(temp, 'disk');
const DISK_MIB = 400;
const FULL_MILLIS = 20_000;

const any = (list) => list[Math.floor(Math.random() * list.length)];

/** Kills one or two processes at a random moment and restarts them. */
async function round(postgres, instances, results) {
  await sleep(500 + 1_000 * Math.random());
  const kind = any(['database', 'database', 'database', 'service', 'service', 'both']);
  results.rounds[kind]++;
  const victim = kind === 'database' ? undefined : any(instances);
  await Promise.all([victim?.kill(), kind === 'service' ? undefined : postgres.crash()]);
  if (kind !== 'service') {
    await postgres.start();
    const others = instances.filter(({ isUp }) => isUp).map(({ service }) => service);
    results.recoveries.push(await readyAfter(others));
  }
  if (victim) {
    results.failedStarts += await victim.start();
  }
}

/** Stops all processes of PostgreSQL (SIGSTOP) until every request has its response. */
async function freeze(postgres, instances, load) {
  const wrong = (what) => load.contradictions.push(`Frozen: ${what}`);
  const services = instances.map(({ service }) => service);
  load.isFault = true;
  load.slowest = 0;
  const before = load.unavailable;
  const began = performance.now();
  postgres.freeze();
  const probes = services.map(async (service) => {
    for (const what of ['live', 'ready']) {
      const asked = performance.now();
      const status = await health(service, what);
      const millis = performance.now() - asked;
      if (status !== (what === 'live' ? 200 : 503) || millis > BOUND_MILLIS) {
        wrong(`${what} is ${status} after ${Math.round(millis)} ms`);
      }
    }
  });
  await Promise.all([...probes, sleep(BOUND_MILLIS + 4_000)]);
  postgres.thaw();
  const seconds = Math.round((performance.now() - began) / 1_000);
  const millis = await readyAfter(services);
  if (millis > 3_000) {
    wrong(`it took ${Math.round(millis)} ms until it was ready`);
  }
  await sleep(1_000);
  load.faultIsOver();
  const unavailable = load.unavailable - before;
  if (unavailable === 0) {
    wrong('no request was a 503');
  }
  if (load.slowest > BOUND_MILLIS) {
    wrong(`a response took ${Math.round(load.slowest)} ms`);
  }
  console.log(
    `Frozen for ${seconds} s: ${unavailable} responses were 503, ` +
      `the slowest after ${(load.slowest / 1_000).toFixed(1)} s; ready ${Math.round(millis)} ms after its end.`,
  );
}

/** Mounts a file system for the database; false if that is not possible. */
function mountDisk() {
  mkdirSync(DISK);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'none', DISK]);
  if (status === 0) {
    atEnd(() => spawnSync('umount', [DISK]));
  }
  return status === 0;
}

async function diskFull(postgres, instances, tokens, load) {
  const before = load.unavailable;
  load.isFault = true;
  const ballast = join(DISK, 'ballast');
  const file = openSync(ballast, 'a');
  const reads = {};
  let stopped = false;
  for (const end = performance.now() + FULL_MILLIS; performance.now() < end;) {
    fill(file);
    const { status } = await call(any(instances).service, any(tokens), 'GET', '?limit=5');
    reads[status] = (reads[status] ?? 0) + 1;
    stopped ||= !postgres.process.isRunning;
    await sleep(100);
  }
  closeSync(file);
  const unavailable = load.unavailable - before;
  rmSync(ballast);
  if (stopped) {
    await postgres.start(); // as systemd or Kubernetes would do
  }
  const millis = await readyAfter(instances.map(({ service }) => service));
  await sleep(1_000);
  load.faultIsOver();
  if (unavailable === 0 || Object.keys(reads).some((status) => !['200', '503'].includes(status))) {
    load.contradictions.push(`Disk full: ${unavailable} 503, reads ${JSON.stringify(reads)}`);
  }
  console.log(
    `Disk full for ${FULL_MILLIS / 1_000} s: ${unavailable} responses were 503, reads by status ` +
      `${JSON.stringify(reads)}; PostgreSQL ${stopped ? 'ended and was restarted' : 'continued'}; ` +
      `ready ${Math.round(millis)} ms after there was space.`,
  );
}

/** Fills the file system to the last byte. */
function fill(file) {
  for (const size of [1 << 20, 1 << 12]) {
    try {
      for (;;) {
        writeSync(file, Buffer.alloc(size));
      }
    } catch (e) {
      if (e.code !== 'ENOSPC') {
        throw e;
      }
    }
  }
}

await main(async () => {
  build();
  const hasDisk = options['disk-full'] && mountDisk();
  if (options['disk-full'] && !hasDisk) {
    console.log('Disk full: skipped, because only root can mount a file system.');
  }
  const data = join(hasDisk ? DISK : temp, 'data');
  const postgres = await server(data, hasDisk ? { max_wal_size: '64MB' } : {});
  const url = await database(postgres);
  const role = new URL(url).username;
  await psql(
    postgres.admin,
    `alter role ${role} set synchronous_commit = ${options['synchronous-commit']};`,
  );
  const tokens = writeTokens(options.users);
  const instances = [];
  for (const name of ['a', 'b']) {
    instances.push(await instance(name, url, tokens[0]));
  }

  const began = performance.now();
  const load = new Load(instances, tokens);
  await load.makeHot(5);
  load.start(options.writers, options.pause);
  const results = {
    rounds: { database: 0, service: 0, both: 0 },
    recoveries: [],
    failedStarts: 0,
  };
  for (let i = 1; i <= options.rounds; i++) {
    await round(postgres, instances, results);
    if (i % 10 === 0) {
      say(`${i} rounds, ${load.acknowledged} acknowledged, ${load.contradictions.length} wrong`);
    }
  }
  await sleep(2_000);
  if (options.freeze) {
    await freeze(postgres, instances, load);
    await sleep(5_000);
  }
  if (hasDisk) {
    await diskFull(postgres, instances, tokens, load);
    await sleep(5_000);
  }
  await load.stop();
  say('Comparing');
  await verify(load, postgres.admin);
  for (const { service } of instances) {
    const { status, text } = await call(service, tokens[0], 'POST', '', '{"title":"The last"}');
    if (status !== 201) {
      load.contradictions.push(`A write after the last round: ${status} ${text}`);
    }
  }

  const { p50 } = percentiles(results.recoveries);
  console.log(
    `${options.rounds} rounds in ${Math.round((performance.now() - began) / 1_000)} s: database ${results.rounds.database}, ` +
      `service ${results.rounds.service}, both ${results.rounds.both}; starts that failed: ${results.failedStarts}\n` +
      `writes: ${load.acknowledged} acknowledged, ${load.unknown} of unknown outcome; ` +
      `${load.repeats} repeats with a key, ${load.replayed} of them found the request done; ` +
      `${load.unavailable} responses were 503`,
  );
  if (results.recoveries.length > 0) {
    const max = Math.max(...results.recoveries);
    console.log(
      `ready after the database accepts connections: p50 ${Math.round(p50)} ms, max ${Math.round(max)} ms`,
    );
  }
  console.log(`contradictions: ${load.contradictions.length}`);
  load.contradictions.slice(0, 20).forEach((contradiction) => console.log(`  ${contradiction}`));
  return load.contradictions.length === 0 ? 0 : 1;
});
