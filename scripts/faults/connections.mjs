#!/usr/bin/env node
// Opens thousands of connections, idle and busy. Checks memory, errors, and the speed afterwards. See
// docs/operations.md:
//   scripts/faults/connections.mjs [--idle 5000] [--busy 1000] [--seconds 15]
// Needs Linux, psql, Node.js (20 or newer), a JDK, and `ulimit -n` above the connections. Uses the
// PostgreSQL at DATABASE_URL, whose user must be a superuser, or an embedded one.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { percentiles } from '../benchmark/report.mjs';
import { mix } from '../benchmark/mix.mjs';
import { call, memory } from '../benchmark/service.mjs';
import { build, database, main, refuse, say, sleep } from '../prove-tokens/world.mjs';
import { loaded, parsed } from './world.mjs';

const options = parsed({
  idle: 5_000,
  busy: 1_000,
  seconds: 15, // of each load
  users: 10_000,
  tasks: 100_000,
  'java-opts': '-Xmx256m -XX:+UseSerialGC', // as in a container of 512 MiB
});
const LIMIT_MIB = 512;
/** The speed afterwards is at least this share of the speed before, because the machine's speed varies. */
const AS_FAST = 0.8;

/** Each connection sends its next request after the response. */
async function closedLoop({ service, tokens, load }, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const accepted = [];
  const other = {};
  const began = performance.now();
  const end = began + options.seconds * 1_000;
  const one = async () => {
    while (performance.now() < end) {
      const { method, path, headers, body } = mix(tokens, load.users, load.tasksEach);
      const sent = performance.now();
      const status = await call(service, null, method, path, body, { headers, agent })
        .then((answer) => answer.status)
        .catch(({ code }) => code);
      if (status >= 200 && status < 300) {
        accepted.push(performance.now() - sent);
      } else {
        other[status] = (other[status] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const perSecond = accepted.length / ((performance.now() - began) / 1_000);
  const rss = memory(service, 'VmRSS');
  agent.destroy();
  const { 503: sheds = 0, ...errors } = other;
  return { perSecond, rss, sheds, errors, ...percentiles(accepted) };
}

/** Opens a connection that received a response and is idle. */
function idleConnection({ port }, token) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `GET /api/v1/tasks?limit=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      ),
    );
    socket.once('error', reject).once('data', (data) => {
      const [line] = data.toString().split('\r\n', 1);
      line.startsWith('HTTP/1.1 200') ? resolve(socket) : reject(new Error(line));
    });
  });
}

function checkLimit() {
  const needed = options.idle + options.busy + 200;
  const limit = readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+(\S+)/m)[1];
  if (Number(limit) < needed) {
    refuse(`ulimit -n is ${limit}. Set it to ${needed} or more.`);
  }
}

checkLimit();
await main(async () => {
  build();
  const world = await loaded(await database(), options, { QUARKUS_HTTP_IDLE_TIMEOUT: '10M' });
  const { service, tokens } = world;
  const wrong = [];
  const speed = ({ perSecond, p95 }) => `${Math.round(perSecond)}/s, p95 ${p95.toFixed(0)} ms`;
  say('Warming up');
  await closedLoop(world, 64);
  await closedLoop(world, 64);
  const before = await closedLoop(world, 64);

  const idle = [];
  while (idle.length < options.idle) {
    const batch = Math.min(50, options.idle - idle.length);
    const token = () => tokens[idle.length % tokens.length];
    idle.push(
      ...(await Promise.all(Array.from({ length: batch }, () => idleConnection(service, token())))),
    );
  }
  await sleep(1_000);
  const idleRss = memory(service, 'VmRSS');
  say(`${idle.length} idle connections`);
  const storm = await closedLoop(world, options.busy);
  const open = idle.filter((socket) => !socket.destroyed && socket.readyState === 'open').length;
  idle.forEach((socket) => socket.destroy());
  await sleep(3_000);
  const afterRss = memory(service, 'VmRSS');
  const after = await closedLoop(world, 64);

  const most = Math.max(before.rss, idleRss, storm.rss, afterRss);
  const ratio = after.perSecond / before.perSecond;
  if (open < idle.length) {
    wrong.push(`${idle.length - open} idle connections were closed`);
  }
  for (const { errors } of [before, storm, after]) {
    Object.entries(errors).forEach(([status, count]) => wrong.push(`${count} times ${status}`));
  }
  if (most > LIMIT_MIB) {
    wrong.push(`${Math.round(most)} MiB are more than ${LIMIT_MIB}`);
  }
  if (ratio < AS_FAST) {
    wrong.push('slower than before');
  }
  const mib = (value) => `${Math.round(value)} MiB`;
  console.log(
    `resident memory: ${mib(before.rss)} before, ${mib(idleRss)} with ${idle.length} idle, ` +
      `${mib(storm.rss)} with ${options.busy} busy more, ${mib(afterRss)} after\n` +
      `${options.busy} busy: ${speed(storm)} of accepted requests; ${storm.sheds} shed (503)\n` +
      `64 busy: ${speed(before)} before, ${speed(after)} after; ratio ${ratio.toFixed(2)}`,
  );
  wrong.forEach((what) => console.log(`WRONG: ${what}`));
  return wrong.length === 0 ? 0 : 1;
});
