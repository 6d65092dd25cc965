#!/usr/bin/env node
// Sends more requests than the service can answer. Measures the responses, their latency, the refusals, and
// the speed afterwards. See docs/operations.md:
//   scripts/faults/overload.mjs [--think 500] [--seconds 12]
// Needs Linux, wrk, psql, Node.js (20 or newer), a JDK, and `ulimit -n` of 20000. Uses the PostgreSQL
// at DATABASE_URL, whose user must be a superuser, or an embedded one.
import { memory, wrk } from '../benchmark/service.mjs';
import { build, database, main, say } from '../prove-tokens/world.mjs';
import { loaded, parsed } from './world.mjs';

const options = parsed({
  users: 10_000,
  tasks: 1_000_000,
  think: 500, // milliseconds from a response to the next request, on average
  seconds: 12, // of each load
  'warm-up': 120,
  'java-opts': '-Xmx256m -XX:+UseSerialGC', // as in a container of 512 MiB
});
/** Connections with think time. Two CPUs cannot answer the larger numbers. */
const THINKING = [1_000, 2_000, 3_000, 4_000, 6_000, 8_000];
/** Connections without think time. */
const RESTLESS = [1_000, 1_500, 3_000];
/** With think time and refusals, 95 % of the responses take no longer. */
const BOUND_MILLIS = 200;
const AS_FAST = 0.8;

/** Numbers of requests by the first digit of their status and by upper bound of their latency. */
async function counts({ managementPort }) {
  const answer = await fetch(`http://127.0.0.1:${managementPort}/q/metrics`);
  const series = /^http_server_requests_seconds_bucket\{(.*)\} (\S+)$/gm;
  const sums = { 2: new Map(), 5: new Map() };
  for (const [, labels, value] of (await answer.text()).matchAll(series)) {
    const bounds = sums[labels.match(/status="(\d)/)[1]];
    const bound = 1_000 * Number(labels.match(/le="([^"]+)"/)[1].replace('+Inf', 'Infinity'));
    bounds?.set(bound, (bounds.get(bound) ?? 0) + Number(value));
  }
  return sums;
}

/** Requests a second, and the smallest bound that 95 % of them meet. */
function outcome(before, after, seconds) {
  const rows = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
  rows.sort(([a], [b]) => a - b);
  const all = rows.at(-1)?.[1] ?? 0;
  const [p95] = rows.find(([, count]) => count >= 0.95 * all) ?? [0];
  return { perSecond: all / seconds, p95 };
}

await main(async () => {
  build();
  const { service, tokens, load } = await loaded(await database(), options);
  const driven = { ...load, active: tokens.length, threads: 1 };
  const storm = async (connections, think) => {
    const before = await counts(service);
    const began = performance.now();
    const { errors } = await wrk(service, 'mix', connections, options.seconds, {
      ...driven,
      think,
    });
    const seconds = (performance.now() - began) / 1_000;
    const after = await counts(service);
    const [answered, refused] = [2, 5].map((n) => outcome(before[n], after[n], seconds));
    const each = ({ perSecond, p95 }) => `${Math.round(perSecond)} | ${p95}`;
    const rss = Math.round(memory(service, 'VmRSS'));
    console.log(`| ${connections} | ${think} | ${each(answered)} | ${each(refused)} | ${rss} |`);
    return { ...answered, refused: refused.perSecond, errors };
  };

  say('Warming up');
  await wrk(service, 'mix', 64, options['warm-up'], driven);
  console.log(
    '| connections | think ms | answered /s | p95 ≤ ms | refused /s | p95 ≤ ms | MiB |\n' +
      '|---:|---:|---:|---:|---:|---:|---:|',
  );
  const wrong = [];
  const before = await storm(64, 0);
  for (const [connections, think] of [
    ...THINKING.map((n) => [n, options.think]),
    ...RESTLESS.map((n) => [n, 0]),
  ]) {
    const { p95, refused } = await storm(connections, think);
    if (think > 0 && refused > 0 && p95 > BOUND_MILLIS) {
      wrong.push(`${connections} connections: p95 ${p95} ms`);
    }
  }
  const after = await storm(64, 0);
  if (after.perSecond < AS_FAST * before.perSecond) {
    wrong.push('slower than before');
  }
  wrong.forEach((what) => console.log(`WRONG: ${what}`));
  return wrong.length === 0 ? 0 : 1;
});
