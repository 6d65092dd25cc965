#!/usr/bin/env node
// Sends a steady load for a long time, during which no resource may grow. See docs/operations.md:
//   scripts/faults/soak.mjs [--minutes 30] [--rate 1000] [--connections 1000]
// Needs Linux, psql, Node.js (20 or newer), a JDK (for jcmd). Uses the PostgreSQL at DATABASE_URL, whose
// user must be a superuser, or an embedded one.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as db from '../benchmark/database.mjs';
import { arrivals, memory } from '../benchmark/service.mjs';
import { build, database, main, refuse, say, sleep } from '../prove-tokens/world.mjs';
import { loaded, parsed } from './world.mjs';

const options = parsed({
  minutes: 30,
  rate: 1_000, // arrivals a second
  connections: 1_000,
  every: 30, // seconds from sample to sample
  users: 10_000,
  tasks: 100_000,
  'java-opts': '-Xmx256m -XX:+UseSerialGC', // as in a container of 512 MiB
});

/** Allowed growth from the middle of the run to its end: a share of the mean, or an absolute value. */
const BOUNDS = {
  'resident memory, MiB': [0.05, 10],
  'heap after a collection, MiB': [0.05, 3],
  threads: [0, 5],
  'open file descriptors': [0, 10],
  'connections to the database': [0, 5],
  'p95, ms': [0.5, 20],
};

const JCMD = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'jcmd') : 'jcmd';

/** The used heap after a collection. */
async function heapMiB({ pid, managementPort }) {
  execFileSync(JCMD, [String(pid), 'GC.run'], { stdio: 'ignore' });
  const metrics = await (await fetch(`http://127.0.0.1:${managementPort}/q/metrics`)).text();
  const used = metrics.matchAll(/^jvm_memory_used_bytes\{area="heap".* (\S+)$/gm);
  return [...used].reduce((sum, [, bytes]) => sum + Number(bytes), 0) / 2 ** 20;
}

/** Samples one slice: memory, threads, files and connections in its middle, the heap at its end. */
async function sample(service, admin, name, load) {
  const slice = arrivals(service, 'arrivals', options.connections, options.every, load);
  await sleep(options.every * 500);
  const rss = memory(service, 'VmRSS');
  const threads = Number(
    readFileSync(`/proc/${service.pid}/status`, 'utf8').match(/^Threads:\s+(\d+)/m)[1],
  );
  const files = readdirSync(`/proc/${service.pid}/fd`).length;
  const connections = Number(
    await db.psql(admin, `select count(*) from pg_stat_activity where datname = '${name}'`),
  );
  const { p95, perSecond, errors } = await slice;
  const values = [rss, await heapMiB(service), threads, files, connections, p95];
  say(`${values.map((value) => value.toFixed(1)).join('  ')}  ${Math.round(perSecond)}/s`);
  return { values, errors };
}

/** The mean, and the growth from the first to the last value by a least squares fit. */
function growth(values) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [x, y] = [(values.length - 1) / 2, mean(values)];
  const covariance = values.reduce((sum, value, i) => sum + (i - x) * (value - y), 0);
  const variance = values.reduce((sum, _, i) => sum + (i - x) ** 2, 0);
  return { mean: y, growth: (covariance / variance) * (values.length - 1) };
}

const count = Math.floor((options.minutes * 60) / options.every);
if (count < 6) {
  refuse('Each half needs at least three samples. Use more --minutes or a smaller --every.');
}
await main(async () => {
  build();
  const admin = await database();
  const { service, name, load } = await loaded(admin, options);
  say(Object.keys(BOUNDS).join('  '));
  const samples = [];
  for (let i = 0; i < count; i++) {
    samples.push(await sample(service, admin, name, load));
  }

  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  console.log(`${options.minutes} minutes, ${options.rate} requests a second, ${errors} errors\n`);
  console.log('| | first | second half | growth in it | allowed | |\n|---|---:|---:|---:|---:|---|');
  let isFlat = true;
  Object.entries(BOUNDS).forEach(([what, [share, least]], i) => {
    const values = samples.map((sample) => sample.values[i]);
    const half = growth(values.slice(Math.ceil(count / 2)));
    const bound = Math.max(share * half.mean, least);
    isFlat &&= half.growth <= bound;
    const numbers = [values[0], half.mean, half.growth, bound].map((value) => value.toFixed(1));
    const verdict = half.growth <= bound ? 'flat' : 'GROWS';
    console.log(`| ${what} | ${numbers.join(' | ')} | ${verdict} |`);
  });
  return isFlat && errors === 0 ? 0 : 1;
});
